// Every layer from the front, coloured by what an input does to it: a column for each class, as in the seed paper's figure
// 6, and the chosen input large.
import { choice, drawing, h, short } from './dom.js';
import { onTheme, rgb, shade, css } from './theme.js';

function layerScale(network, group, width, height, margin) {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  const members = [];
  network.group.forEach((each, i) => {
    if (each !== group) return;
    members.push(i);
    left = Math.min(left, network.positions[3 * i]);
    right = Math.max(right, network.positions[3 * i]);
    low = Math.min(low, network.positions[3 * i + 1]);
    high = Math.max(high, network.positions[3 * i + 1]);
  });
  const unit = Math.min((width - 2 * margin) / (right - left || 1), (height - 2 * margin) / (high - low || 1));
  const x = (i) => 0.5 * width + (network.positions[3 * i] - 0.5 * (left + right)) * unit;
  const y = (i) => 0.5 * height - (network.positions[3 * i + 1] - 0.5 * (low + high)) * unit;
  return { members, x, y, unit };
}

const radius = (n, size) => Math.max(0.8, Math.min(0.045, 0.32 / Math.sqrt(n)) * size);

function drawLayer(network, colouring, group, input, context, width, height) {
  const { members, x, y } = layerScale(network, group, width, height, 0.05 * width);
  const r = radius(members.length, Math.min(width, height));
  // The brightest on top.
  members.sort((a, b) => input.activation[a] - input.activation[b]);
  for (const i of members) {
    context.fillStyle = rgb(shade(Math.max(0, colouring.activationShare(input, i))));
    context.beginPath();
    context.arc(x(i), y(i), r, 0, 2 * Math.PI);
    context.fill();
  }
}

function drawImage(inputs, input, context, width, height) {
  const cell = Math.min(width / inputs.width, height / inputs.height);
  context.translate(0.5 * (width - cell * inputs.width), 0.5 * (height - cell * inputs.height));
  for (let y = 0; y < inputs.height; ++y)
    for (let x = 0; x < inputs.width; ++x) {
      const value = input.pixels[y * inputs.width + x];
      if (value === 0) continue;
      context.globalAlpha = value / 255;
      context.fillStyle = css('--ink');
      context.fillRect(x * cell, y * cell, cell + 0.3, cell + 0.3);
    }
  context.globalAlpha = 1;
}

const verdict = ({ label, predicted }) =>
  label < 0 ? `says ${predicted}` : predicted === label ? `says ${predicted} ✓` : `says ${predicted}, is ${label}`;

export function makeLayers(data, store, colouring) {
  const { network, inputs } = data;
  const redraws = [];
  const make = (className, height, draw) => {
    const made = drawing(className, height, draw);
    redraws.push(made.redraw);
    return made.canvas;
  };
  const means = inputs.inputs.map((input, k) => ({ input, k })).filter(({ input }) => input.name.startsWith('mean'));
  const columns = means.map(({ input, k }) => {
    const column = h('button', { className: 'digit', title: input.name, onclick: () => store.set('input', k) },
      make('thumb', 34, (context, width, height) => drawImage(inputs, input, context, width, height)),
      ...network.groups.map((_, g) => make('layer', 92, (context, width, height) => drawLayer(network, colouring, g, input, context, width, height))),
      h('small', {}, verdict(input)));
    store.on('input', () => column.classList.toggle('chosen', store.get('input') === k));
    return column;
  });
  const names = h('div', { className: 'names' }, h('span', {}, 'mean image'), network.groups.map(({ name }) => h('span', {}, name)), h('small', {}));

  const chosen = () => inputs.inputs[store.get('input')];
  const large = [
    h('figure', {}, make('large', 230, (context, width, height) => drawImage(inputs, chosen(), context, width, height)), h('figcaption', {}, 'input')),
    ...network.groups.map((group, g) =>
      h('figure', {}, make('large', 230, (context, width, height) => drawLayer(network, colouring, g, chosen(), context, width, height)),
        h('figcaption', {}, `${group.name}: 0 to ${short(colouring.activationEnd(g))} ${inputs.unit}`))),
  ];
  const said = h('span', { className: 'dim' });
  const input = choice('input', inputs.inputs.map(({ name, label }, k) => [k, label < 0 ? name : `${name} (${label})`]), (value) => store.set('input', Number(value)), 'layer-input');
  store.on('input', () => {
    input.querySelector('select').value = String(store.get('input'));
    said.textContent = verdict(chosen());
    for (const redraw of redraws.slice(-large.length)) redraw();
  });
  onTheme(() => redraws.forEach((redraw) => redraw()));
  return h('div', {},
    means.length > 0 ? h('div', { className: 'digits' }, names, ...columns) : null,
    h('div', { className: 'bar' }, input, said),
    h('div', { className: 'larges' }, ...large));
}
