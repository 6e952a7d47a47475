// Spikes over time around a cursor that a slider moves, and the rates of the groups; the cursor lights the neurons of the
// view that fired last.
import { chart } from './charts.js';
import { choice, count, drawing, h, short, tickText, ticks } from './dom.js';
import { isLinked } from './data.js';
import { css, groupColour, onTheme } from './theme.js';

// As wide as the axis of the rates below.
const left = 84;
const right = 18;
const bottom = 34;
const top = 20;

// The first spike at or after a time.
function firstFrom(times, time) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Strips of the canvas, one for each group: as high as it has neurons, but never too low to be seen, and low where none of
// them ever fires.
function strips(groups, fires, height) {
  const shown = groups.filter(({ neurons }) => neurons > 0);
  const total = shown.reduce((sum, { neurons }) => sum + neurons, 0);
  const weights = groups.map(({ neurons }, g) => (neurons === 0 ? 0 : fires[g] ? Math.max(neurons / total, 0.09) : 0.05));
  const sum = weights.reduce((a, b) => a + b, 0);
  const gap = 5;
  let y = height;
  return groups.map((group, g) => {
    const tall = (weights[g] / sum) * (height - gap * (shown.length - 1));
    y -= tall;
    const strip = { ...group, g, top: y, height: tall };
    y -= tall > 0 ? gap : 0;
    return strip;
  });
}

// Windows to choose from: everything, then shorter and shorter ones in round numbers.
function windows(duration) {
  const all = [[duration, `all (${tickText(Number(duration.toPrecision(4)))} ms)`]];
  for (const each of [50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10])
    if (each < 0.7 * duration && each > duration / 5000) all.push([each, `${each} ms`]);
  return all;
}

export function makeRaster(data, store) {
  const { raster } = data;
  const { groups, time_ms: times, neuron } = raster;
  const duration = raster.duration_ms;
  const total = groups.reduce((sum, { neurons }) => sum + neurons, 0);
  const groupOf = new Uint16Array(total);
  groups.forEach(({ first, neurons }, g) => groupOf.fill(g, first, first + neurons));
  const fires = groups.map((_, g) => raster.rates_hz[g]?.some((rate) => rate > 0));
  const linked = isLinked(data);
  const status = h('span', { id: 'raster-status', className: 'dim' });
  const clock = h('output', { className: 'clock' });

  const range = () => {
    const width = store.get('window');
    const begin = Math.min(Math.max(store.get('time') - 0.5 * width, 0), Math.max(duration - width, 0));
    return [begin, begin + width];
  };

  function axes(context, width, height, x, rows, [begin, end]) {
    context.font = '11px system-ui, sans-serif';
    context.textAlign = 'center';
    context.strokeStyle = css('--line');
    context.fillStyle = css('--dim');
    for (const tick of ticks(begin, end, Math.max(3, width / 110))) {
      context.beginPath();
      context.moveTo(x(tick), top);
      context.lineTo(x(tick), height - bottom);
      context.stroke();
      context.fillText(tickText(tick), x(tick), height - bottom + 14);
    }
    context.fillText('time (ms)', 0.5 * (left + width), height - 4);
    for (const { name, neurons, g, top: y, height: tall } of rows) {
      if (neurons === 0) continue;
      context.textAlign = 'right';
      context.fillStyle = groupColour(g);
      context.fillText(name.length > 10 ? `${name.slice(0, 9)}…` : name, left - 6, top + y + 0.5 * tall + (tall > 30 ? 0 : 4));
      context.fillStyle = css('--dim');
      if (tall > 30) context.fillText(count(neurons), left - 6, top + y + 0.5 * tall + 13);
    }
  }

  // Where each stimulus began, and what the network said.
  function marks(context, x, height, [begin, end]) {
    const shown = raster.samples.filter(([from, to]) => to > begin && from < end);
    const few = shown.length <= 30;
    context.textAlign = 'center';
    for (const [from, to, label, predicted] of shown) {
      context.strokeStyle = css('--dim');
      context.globalAlpha = 0.5;
      context.beginPath();
      context.moveTo(x(from), few ? 4 : top);
      context.lineTo(x(from), height - bottom);
      if (few && from >= begin) context.stroke();
      context.globalAlpha = 1;
      if (!few || label < 0) continue;
      context.fillStyle = predicted === label ? css('--dim') : css('--alarm');
      const text = shown.length > 12 ? `${predicted}` : predicted === label ? `${label} ✓` : `${label}: says ${predicted}`;
      context.fillText(text, Math.min(Math.max(x(0.5 * (from + to)), left + 20), x(end) - 20), 13);
    }
  }

  const { canvas, redraw } = drawing('raster', 340, (context, width, height) => {
    const [begin, end] = range();
    const x = (time) => left + ((time - begin) / (end - begin)) * (width - left - right);
    const rows = strips(groups, fires, height - top - bottom);
    context.fillStyle = css('--sunken');
    for (const row of rows) context.fillRect(left, top + row.top, width - left - right, row.height);
    axes(context, width, height, x, rows, [begin, end]);
    const first = firstFrom(times, begin);
    const last = end >= duration ? times.length : firstFrom(times, end);
    const dense = (last - first) / ((width - left - right) * (height - top - bottom));
    context.globalAlpha = dense > 0.2 ? 0.45 : 0.9;
    const size = dense > 0.05 ? 1 : dense > 0.01 ? 1.6 : 2.4;
    for (const { g, first: from, neurons, top: y, height: tall } of rows) {
      context.fillStyle = groupColour(g);
      const step = tall / Math.max(neurons, 1);
      const high = Math.max(size, Math.min(0.75 * step, 9));
      for (let s = first; s < last; ++s) {
        const each = neuron[s];
        if (groupOf[each] !== g) continue;
        context.fillRect(x(times[s]) - 0.5 * size, top + y + tall - (each - from + 0.5) * step - 0.5 * high, size, high);
      }
    }
    context.globalAlpha = 1;
    marks(context, x, height, [begin, end]);
    context.strokeStyle = css('--ink');
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x(store.get('time')), top);
    context.lineTo(x(store.get('time')), height - bottom);
    context.stroke();
    const kept = times.length < raster.spikes ? `${count(times.length)} of ${count(raster.spikes)} spikes are shown (a random choice); ` : '';
    status.textContent = `${kept}${count(last - first)} from ${Number(begin.toFixed(1))} to ${Number(end.toFixed(1))} ms`;
  });

  // Neurons of the view that fired shortly before the cursor, fading.
  const fade = Math.max(1.5, duration / 400);
  function light() {
    if (!linked) return;
    const glow = store.get('glow');
    glow.fill(0);
    const now = store.get('time');
    if (now > 0 && store.get('flash'))
      for (let s = firstFrom(times, now - 3 * fade); s < times.length && times[s] <= now; ++s) {
        const i = data.network.indexOf.get(neuron[s]);
        if (i !== undefined) glow[i] = Math.max(glow[i], Math.exp((times[s] - now) / fade));
      }
    store.set('lit', store.get('lit') + 1);
  }

  const slider = h('input', { id: 'time', type: 'range', min: 0, max: duration, step: duration / 5000, value: 0, ariaLabel: 'time in ms' });
  slider.addEventListener('input', () => store.set('time', Number(slider.value)));
  let playing = 0;
  const play = h('button', { id: 'play' }, 'Play');
  function step(before) {
    return (now) => {
      if (!playing) return;
      // A window's width in eight seconds.
      const next = store.get('time') + ((now - before) / 8000) * store.get('window');
      store.set('time', next > duration ? 0 : next);
      playing = requestAnimationFrame(step(now));
    };
  }
  play.addEventListener('click', () => {
    if (playing) cancelAnimationFrame(playing);
    playing = playing ? 0 : requestAnimationFrame((now) => step(now)(now));
    play.textContent = playing ? 'Pause' : 'Play';
  });
  const flash = linked
    ? h('label', { className: 'choice' }, h('input', { type: 'checkbox', checked: true, onchange: (event) => (store.set('flash', event.target.checked), light()) }), 'light the view above')
    : null;
  // Back to back stimuli are read one at a time, other recordings as a whole.
  const spans = windows(duration);
  const few = raster.samples.length > 1 ? raster.samples[Math.min(4, raster.samples.length) - 1][1] : duration;
  store.set('window', few < duration ? few : duration);
  if (few < duration) spans.splice(1, 0, [few, `${tickText(few)} ms (${Math.min(4, raster.samples.length)} stimuli)`]);
  const span = choice('window', spans, (value) => store.set('window', Number(value)), 'window');
  span.querySelector('select').value = String(store.get('window'));

  const bins = raster.rates_hz[0]?.length ?? 0;
  const centres = Float64Array.from({ length: bins }, (_, k) => Math.min((k + 0.5) * raster.bin_ms, duration));
  const rates = chart(
    groups.map(({ name }, g) => ({ name, values: raster.rates_hz[g], colour: g })),
    centres,
    {
      x: 'time (ms)',
      y: 'spikes/s per neuron',
      height: 200,
      mark: (plot) => {
        const at = plot.valToPos(store.get('time'), 'x', true);
        if (at < plot.bbox.left || at > plot.bbox.left + plot.bbox.width) return;
        plot.ctx.fillStyle = css('--ink');
        plot.ctx.fillRect(at - 1, plot.bbox.top, 2, plot.bbox.height);
      },
    },
  );
  const zoom = () => {
    const [min, max] = range();
    rates.plot()?.setScale('x', { min, max });
  };
  store.on(['time', 'window'], () => {
    slider.value = store.get('time');
    clock.textContent = `${store.get('time').toFixed(duration < 100 ? 1 : 0)} ms`;
    redraw();
    zoom();
    light();
  });
  new ResizeObserver(() => requestAnimationFrame(zoom)).observe(rates.box);
  onTheme(redraw);
  return h('div', {},
    h('div', { className: 'bar' }, play, slider, clock, span, flash),
    canvas,
    h('p', { className: 'note' }, status),
    bins > 0 ? h('h3', {}, `population rates (all ${count(raster.spikes)} spikes, bins of ${short(raster.bin_ms)} ms)`) : null,
    bins > 0 ? rates.box : null);
}
