// The page of `loci report`: a card for everything that the data hold.
import './style.css';
import { certificateTitle, makeCertificate } from './certificate.js';
import { makeColouring } from './colouring.js';
import { axisHistograms, pruningChart, ratesChart, traceChart, trainingCharts } from './curves.js';
import { readData } from './data.js';
import { card, count, h, percent } from './dom.js';
import { confusionGrid, weightGrid } from './heat.js';
import { makeLayers } from './layers.js';
import { makeNeuronPanel } from './neuron.js';
import { makeRaster } from './raster.js';
import { makeStore } from './store.js';
import { toggleTheme } from './theme.js';
import { makeView } from './view.js';

const data = readData();
document.title = data.title;

const { network } = data;
const store = makeStore({
  neuron: -1, // under the pointer, among the shown; -1: none
  pinned: false,
  input: 0,
  share: 0,
  colour: data.inputs ? 'activation' : 'group',
  time: 0, // ms
  window: 0, // ms
  flash: true,
  glow: network ? new Float32Array(network.neurons.length) : null,
  lit: 0,
});
const colouring = network ? makeColouring(data) : null;

function headline() {
  const facts = [];
  if (network) facts.push([count(network.total), 'neurons'], [network.edges > 0 ? count(network.edges) : '–', 'edges']);
  if (data.confusion) facts.push([percent(data.confusion.correct / data.confusion.images), `of ${count(data.confusion.images)} test images`]);
  if (data.raster) facts.push([count(data.raster.spikes), 'spikes']);
  return h('div', { className: 'facts' }, facts.map(([value, name]) => h('div', {}, h('b', {}, value), h('span', {}, name))));
}

function* cards() {
  if (network)
    yield card(network.source === 'model' ? 'Neurons by layer' : 'Neurons in space', { id: 'network', wide: true,
      note: network.placed ? null : 'This network has no positions: neurons lie on grids, in the order of their numbers.' },
    h('div', { className: 'beside view' }, makeView(data, store, colouring), makeNeuronPanel(data, store, colouring)));
  if (data.raster && data.raster.duration_ms > 0)
    yield card(`Spikes: ${data.raster.title}`, { id: 'spikes', wide: true }, makeRaster(data, store));
  if (network && data.inputs)
    yield card('What each input does', { id: 'layers', wide: true,
      note: `Each layer from the front, neurons where they are, coloured by ${data.inputs.unit} relative to the layer's largest over all inputs.` },
    makeLayers(data, store, colouring));
  for (const [k, traces] of data.traces.entries())
    yield card(`${traces.quantity[0].toUpperCase()}${traces.quantity.slice(1)}`, { id: k === 0 ? 'traces' : null }, traceChart(traces));
  if (data.training) yield card('Training', { id: 'training', wide: true }, h('div', { className: 'charts' }, trainingCharts(data.training)));
  if (data.confusion)
    yield card(`Confusion on ${data.confusion.data}`, { id: 'confusion' }, confusionGrid(data.confusion));
  if (data.pruning)
    yield card('Pruning', { id: 'pruning', note: `Accuracy on ${count(data.pruning.images)} test images when that share of each connection's edges, the weakest, is removed; nothing is trained again.` }, pruningChart(data.pruning));
  if (network?.weight_over_length.length > 0)
    yield card('Weight over distance', { id: 'weights', wide: network.weight_over_length.length > 1 },
      h('div', { className: 'charts' }, network.weight_over_length.map((grid) => weightGrid(grid, network.weight_unit))));
  if (network?.axis_histograms.length > 0) yield card('Coordinates', { id: 'axes', wide: true }, axisHistograms(network));
  if (data.rates) yield card('Population rates', { id: 'rates', wide: true }, ratesChart(data.rates));
  for (const [k, certificate] of data.certificates.entries())
    yield card(certificateTitle(certificate), { id: k === 0 ? 'certificate' : null, wide: true }, makeCertificate(certificate));
}

document.getElementById('page').append(
  h('header', { className: 'top' },
    h('div', {}, h('h1', {}, data.title), h('p', { className: 'dim' }, data.files.map(({ name, kind }) => `${kind} ${name}`).join(' · '))),
    headline(),
    h('button', { id: 'theme', onclick: toggleTheme }, 'Light / dark')),
  data.notes.length > 0 ? h('ul', { className: 'notes' }, data.notes.map((note) => h('li', {}, note))) : '',
  h('main', {}, ...cards()),
  h('footer', { className: 'dim' }, `Made by ${data.made_by}. This page is one file: it loads nothing and sends nothing.`),
);
requestAnimationFrame(() => requestAnimationFrame(() => (document.body.dataset.ready = 'true')));
