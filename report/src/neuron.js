// What is known of the neuron under the pointer.
import { h, percent, short } from './dom.js';
import { edgesOf } from './view.js';

export function neuronName(network, number) {
  const group = network.groups.findLast(({ first, neurons }) => neurons > 0 && number >= first);
  return `${group.name} ${number - group.first}`;
}

function edgeTable(network, title, edges, other) {
  if (edges.length === 0) return null;
  const most = Math.max(...edges.map(({ weight }) => Math.abs(weight)));
  return h('div', {}, h('h3', {}, title),
    h('table', { className: 'edges' }, edges.slice(0, 6).map((edge) => {
      const bar = h('i', { className: edge.weight < 0 ? 'inhibits' : 'excites' });
      bar.style.width = `${(100 * Math.abs(edge.weight)) / most}%`;
      return h('tr', {}, h('td', {}, neuronName(network, other(edge))), h('td', {}, short(edge.weight)), h('td', {}, bar));
    })));
}

function facts(data, store, colouring, i) {
  const { network } = data;
  const rows = [[network.placed ? 'position' : 'place on the grid', [0, 1, 2].map((k) => short(network.positions[3 * i + k])).join(', ')]];
  if (network.sign[i] !== 0) rows.push([network.source === 'model' ? 'mask' : 'sign', short(network.sign[i])]);
  if (data.inputs) {
    const input = data.inputs.inputs[store.get('input')];
    rows.push([`${data.inputs.unit}, ${input.name}`, short(input.activation[i])]);
  }
  if (colouring.rates) rows.push(['firing rate', `${short(colouring.rates[i])} spikes/s`]);
  const degrees = network.degrees[store.get('share')];
  if (degrees) rows.push([degrees.pruned > 0 ? `edges at ${percent(degrees.pruned)} pruned` : 'edges', degrees.degree[i]]);
  return h('dl', {}, rows.map(([name, value]) => [h('dt', {}, name), h('dd', {}, String(value))]));
}

export function makeNeuronPanel(data, store, colouring) {
  const { network } = data;
  const panel = h('div', { id: 'neuron', className: 'neuron' });
  const unit = network.weight_unit ? ` (${network.weight_unit})` : '';
  store.on(['neuron', 'pinned', 'input', 'share'], () => {
    const i = store.get('neuron');
    if (i < 0) {
      panel.replaceChildren(h('p', { className: 'dim' }, 'No neuron under the pointer.'));
      return;
    }
    const number = network.neurons[i];
    const { incoming, outgoing } = edgesOf(network, i);
    panel.replaceChildren(...[
      h('h3', { className: 'name' }, `${neuronName(network, number)}${store.get('pinned') ? ' · kept' : ''}`),
      facts(data, store, colouring, i),
      edgeTable(network, `strongest in${unit}`, incoming, ({ neuron }) => neuron),
      edgeTable(network, `strongest out${unit}`, outgoing, ({ neuron }) => neuron),
    ].filter(Boolean));
  });
  return panel;
}
