// Curves of training and pruning, membranes, histograms: each kind of data as the charts that show it.
import { chart } from './charts.js';
import { h } from './dom.js';
import { css } from './theme.js';

const spoken = (name) => name.replace(/_(loss|accuracy)$/, '').replaceAll('_', ' ');

export function trainingCharts({ columns, rows }) {
  const column = (name) => {
    const at = columns.indexOf(name);
    return at < 0 ? null : rows.map((row) => row[at]);
  };
  const measured = (values) => values !== null && values.some((value) => value !== null);
  const epochs = column('epoch') ?? rows.map((_, k) => k + 1);
  return [
    [['train_accuracy', 'validation_accuracy'], 'accuracy (share of images)'],
    [['train_loss'], 'loss (nats)'],
    [['spikes_per_image'], 'spikes per image'],
    [['learning_rate'], 'learning rate'],
  ].flatMap(([names, label], k) => {
    const series = names.map((name) => ({ name: spoken(name), values: column(name) })).filter(({ values }) => measured(values));
    if (series.length === 0) return [];
    if (series.length === 1) series[0].colour = k;
    return [chart(series.map((each) => ({ ...each, points: rows.length < 3 })), epochs, { x: 'epoch', y: label, height: 210, legend: true }).box];
  });
}

export function pruningChart({ pruned, accuracy }) {
  return chart([{ name: 'accuracy', values: accuracy, points: true }], pruned.map((share) => 100 * share), {
    x: 'edges removed (%)',
    y: 'accuracy (share of images)',
    height: 270,
    legend: true,
    limits: { y: (_, low, high) => [0, Math.max(1, high)] },
  }).box;
}

export function traceChart(traces) {
  const n = traces.traces[0]?.values.length ?? 0;
  const times = Float64Array.from({ length: n }, (_, k) => traces.start_ms + k * traces.interval_ms);
  const series = traces.traces.map(({ name, values }) => ({ name, values }));
  const label = traces.unit ? `${traces.quantity} (${traces.unit})` : traces.quantity;
  const threshold = traces.threshold;
  const made = chart(series, times, {
    x: 'time (ms)',
    y: label,
    height: 250,
    mark: (plot) => {
      if (threshold === null) return;
      const y = plot.valToPos(threshold, 'y', true);
      plot.ctx.save();
      plot.ctx.strokeStyle = css('--dim');
      plot.ctx.setLineDash([6, 5]);
      plot.ctx.beginPath();
      plot.ctx.moveTo(plot.bbox.left, y);
      plot.ctx.lineTo(plot.bbox.left + plot.bbox.width, y);
      plot.ctx.stroke();
      plot.ctx.restore();
    },
  });
  const notes = [traces.note, threshold === null ? '' : 'dashed: threshold'].filter(Boolean).join('; ');
  return h('figure', {}, made.box, h('figcaption', {}, [traces.title, notes].filter(Boolean).join('; ')));
}

export function ratesChart({ columns, rows }) {
  return chart(
    columns.slice(1).map((name, k) => ({ name: name.replace(/_hz$/, ''), values: rows.map((row) => row[k + 1]) })),
    rows.map((row) => row[0]),
    { x: 'time (ms)', y: 'rate (spikes/s per neuron)' },
  ).box;
}

// One axis: all groups over the same bins.
function axisChart(network, axis) {
  const mine = network.axis_histograms.filter((each) => each.axis === axis);
  const [{ low, width, counts }] = mine;
  const edges = Array.from({ length: counts.length + 1 }, (_, k) => low + k * width);
  const series = mine.map(({ group, counts: each }) => ({ name: network.groups[group].name, values: [...each, 0], colour: group, bars: true }));
  return chart(series, edges, { x: network.axes[axis], y: 'neurons in a bin', height: 230, legend: true }).box;
}

export const axisHistograms = (network) => h('div', { className: 'charts' },
  [2, 0, 1].filter((axis) => network.axis_histograms.some((each) => each.axis === axis)).map((axis) => axisChart(network, axis)));
