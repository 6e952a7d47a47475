// What neurons can be coloured by: for each mode a number of every shown neuron, and how it becomes a colour.
import { channels, groupColour, shade, signShade } from './theme.js';
import { percent, short } from './dom.js';
import { isLinked } from './data.js';

// The largest values are few and would leave all others dark: the scale ends at the 99.5th percentile.
function upperEnd(values) {
  const sorted = Float32Array.from(values).filter(Number.isFinite).sort();
  const end = sorted[Math.min(sorted.length - 1, Math.floor(0.995 * sorted.length))] ?? 0;
  return end > 0 ? end : sorted[sorted.length - 1] || 1;
}

// The largest activation of each group over all inputs, so that inputs can be compared.
function largestByGroup(network, inputs) {
  const most = new Float32Array(network.groups.length);
  for (const input of inputs)
    input.activation.forEach((value, i) => {
      most[network.group[i]] = Math.max(most[network.group[i]], Math.abs(value));
    });
  return most;
}

export function makeColouring(data) {
  const { network, inputs, raster } = data;
  const modes = [{ key: 'group', name: network.source === 'model' ? 'layer' : 'population' }];
  if (network.sign.some((sign) => sign !== 0)) modes.push({ key: 'sign', name: 'sign' });
  if (inputs) modes.push({ key: 'activation', name: 'activation' });
  const linked = isLinked(data);
  if (linked) modes.push({ key: 'rate', name: 'firing rate' });
  if (network.degrees.length > 0) modes.push({ key: 'degree', name: network.degrees.length > 1 ? 'pruned degree' : 'degree' });

  const most = inputs ? largestByGroup(network, inputs.inputs) : null;
  const rates = linked ? Float32Array.from(network.neurons, (neuron) => raster.rate_hz[neuron]) : null;
  const rateEnd = rates ? upperEnd(rates) : 1;

  return {
    modes,
    rates,
    activationEnd: (group) => most[group] || 1,
    activationShare: (input, i) => input.activation[i] / (most[network.group[i]] || 1),
    // { colour(i) -> [r, g, b], legend } for the page's present choices.
    of(mode, { input, share }) {
      if (mode === 'sign')
        return {
          colour: (i) => signShade(network.sign[i]),
          legend: { stops: signShade, from: -1, low: 'inhibits', high: 'excites', title: 'mask of outgoing weights' },
        };
      if (mode === 'activation') {
        const current = inputs.inputs[input];
        return {
          colour: (i) => shade(Math.max(0, current.activation[i] / (most[network.group[i]] || 1))),
          legend: { stops: shade, low: '0', high: "layer's largest", title: `${inputs.unit}, ${current.name}` },
        };
      }
      if (mode === 'rate')
        return {
          colour: (i) => shade(rates[i] / rateEnd),
          legend: { stops: shade, low: '0', high: `≥ ${short(rateEnd)}`, title: 'firing rate (spikes/s)' },
        };
      if (mode === 'degree') {
        const degrees = network.degrees[share];
        const end = upperEnd(degrees.degree);
        const what = degrees.pruned > 0 ? `edges left, ${percent(degrees.pruned)} pruned` : 'edges in and out';
        return {
          colour: (i) => shade(degrees.degree[i] / end),
          legend: { stops: shade, low: '0', high: `≥ ${short(end)}`, title: what },
        };
      }
      return {
        colour: (i) => channels(groupColour(network.group[i])),
        legend: { swatches: network.groups.map((group, g) => [groupColour(g), `${group.name} (${group.neurons})`]) },
      };
    },
  };
}
