// Tables of counts as cells of colour.
import { count, drawing, h, percent, tickText, ticks } from './dom.js';
import { css, onTheme, rgb, shade } from './theme.js';

const left = 62;
const bottom = 40;
const top = 8;
const right = 10;

// Logarithms of 1, 2 and 5 times powers of ten, or of powers of ten alone where that is enough.
function decades(low, high) {
  const result = [];
  const factors = high - low > 2.5 ? [1] : [1, 2, 5];
  for (let k = Math.floor(low); k <= high; ++k)
    for (const factor of factors) {
      const at = k + Math.log10(factor);
      if (at >= low - 1e-9 && at <= high + 1e-9) result.push(at);
    }
  return result;
}

// Each side of the frame: { low, width (of a cell), bins, label, log }. Gives the way from values to pixels.
function frame(context, width, height, x, y, centred) {
  context.fillStyle = css('--dim');
  context.font = '11px system-ui, sans-serif';
  const w = width - left - right;
  const tall = height - top - bottom;
  const at = {
    x: (value) => left + ((value - x.low) / (x.width * x.bins)) * w,
    // Tables begin at the top, axes at the bottom.
    y: (value) => (centred ? top + ((value - y.low) / (y.width * y.bins)) * tall : top + tall - ((value - y.low) / (y.width * y.bins)) * tall),
  };
  context.textAlign = 'center';
  const end = (side) => side.low + side.width * side.bins;
  const steps = (side) => (centred ? Array.from({ length: side.bins }, (_, k) => k) : side.log ? decades(side.low, end(side)) : ticks(side.low, end(side), 5));
  const say = (side, tick) => (side.log ? String(Number((10 ** tick).toPrecision(3))) : tickText(tick));
  for (const tick of steps(x)) context.fillText(say(x, tick), at.x(tick), height - bottom + 15);
  context.fillText(x.label, left + 0.5 * w, height - 8);
  context.textAlign = 'right';
  for (const tick of steps(y)) context.fillText(say(y, tick), left - 6, at.y(tick) + 4);
  context.save();
  context.translate(13, top + 0.5 * tall);
  context.rotate(-Math.PI / 2);
  context.textAlign = 'center';
  context.fillText(y.label, 0, 0);
  context.restore();
  context.strokeStyle = css('--line');
  context.strokeRect(left, top, w, tall);
  return at;
}

export function weightGrid(grid, unit) {
  const x = { ...grid.x, log: true, label: 'distance (units of space)' };
  const y = { ...grid.y, log: true, label: unit ? `|weight| (${unit})` : '|weight|' };
  const most = grid.counts.reduce((a, b) => Math.max(a, b), 1);
  const { canvas, redraw } = drawing('heat', 250, (context, width, height) => {
    const at = frame(context, width, height, x, y, false);
    for (let j = 0; j < y.bins; ++j)
      for (let i = 0; i < x.bins; ++i) {
        const n = grid.counts[j * x.bins + i];
        if (n === 0) continue;
        context.fillStyle = rgb(shade(Math.log1p(n) / Math.log1p(most)));
        const x0 = at.x(x.low + i * x.width);
        const y0 = at.y(y.low + (j + 1) * y.width);
        context.fillRect(x0, y0, at.x(x.low + (i + 1) * x.width) - x0 + 0.4, at.y(y.low + j * y.width) - y0 + 0.4);
      }
  });
  onTheme(redraw);
  return h('figure', {}, canvas, h('figcaption', {}, `${grid.name}: edges in each cell, 1 to ${count(most)}, logarithmic`));
}

export function confusionGrid(confusion) {
  const n = confusion.classes;
  const side = { low: -0.5, width: 1, bins: n };
  const totals = confusion.counts.reduce((sums, value, k) => ((sums[Math.floor(k / n)] += value), sums), Array(n).fill(0));
  const height = Math.max(280, 27 * n + top + bottom);
  const { canvas, redraw } = drawing('heat', height, (context, width, tall) => {
    const at = frame(context, width, tall, { ...side, label: 'predicted class' }, { ...side, label: 'label' }, true);
    context.textAlign = 'center';
    for (let label = 0; label < n; ++label)
      for (let predicted = 0; predicted < n; ++predicted) {
        const value = confusion.counts[label * n + predicted];
        if (value === 0) continue;
        // Rare mistakes are what one looks for: the scale is a root.
        const share = Math.sqrt(value / (totals[label] || 1));
        const [r, g, b] = shade(share);
        context.fillStyle = rgb([r, g, b]);
        const x0 = at.x(predicted - 0.5);
        const y0 = at.y(label - 0.5);
        context.fillRect(x0 + 0.5, y0 + 0.5, at.x(predicted + 0.5) - x0 - 1, at.y(label + 0.5) - y0 - 1);
        context.fillStyle = 0.3 * r + 0.59 * g + 0.11 * b > 128 ? '#111' : '#fff';
        context.fillText(String(value), at.x(predicted), at.y(label) + 4);
      }
  });
  onTheme(redraw);
  const rows = totals.map((total, label) => {
    const hit = confusion.counts[label * n + label];
    let said = 0;
    for (let other = 0; other < n; ++other) said += confusion.counts[other * n + label];
    return h('tr', {}, h('td', {}, String(label)), h('td', {}, count(total)), h('td', {}, total ? percent(hit / total) : '–'), h('td', {}, said ? percent(hit / said) : '–'));
  });
  return h('div', { className: 'beside' }, canvas,
    h('table', { className: 'figures' }, h('tr', {}, ['class', 'images', 'recall', 'precision'].map((name) => h('th', {}, name))), rows));
}
