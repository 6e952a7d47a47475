// Lines over a common axis, drawn by uPlot in the page's colours.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { h, tickText } from './dom.js';
import { css, groupColour, onTheme } from './theme.js';

const axis = (label, more = {}) => ({
  label,
  labelSize: 26,
  font: '11px system-ui, sans-serif',
  labelFont: '12px system-ui, sans-serif',
  stroke: () => css('--dim'),
  grid: { stroke: () => css('--line'), width: 1 },
  ticks: { stroke: () => css('--line'), width: 1 },
  values: (_, splits) => splits.map((value) => (value === null ? '' : tickText(value))),
  ...more,
});

// series: [{ name, values, colour (number of the palette), bars, points }]; x: their common axis.
// options: { x, y (labels), height, limits: { x, y } }
export function chart(series, x, options) {
  const box = h('div', { className: 'chart' });
  let plot = null;
  const make = (width) =>
    new uPlot(
      {
        width,
        height: options.height ?? 230,
        scales: {
          x: { time: false, ...(options.limits?.x ? { range: options.limits.x } : {}) },
          y: options.limits?.y ? { range: options.limits.y } : {},
        },
        axes: [axis(options.x, { size: 34 }), axis(options.y, { size: 58 })],
        legend: { show: series.length > 1 || options.legend === true, live: options.live !== false },
        cursor: { points: { size: 6 }, drag: { x: true, y: false } },
        series: [
          { label: options.x.replace(/ \(.*/, ''), value: (_, value) => (value === null ? '–' : tickText(value)) },
          ...series.map(({ name, colour, bars, points, dash }, k) => ({
            label: name,
            stroke: () => groupColour(colour ?? k),
            fill: bars ? () => `${groupColour(colour ?? k)}55` : undefined,
            width: 1.6,
            dash,
            spanGaps: false,
            paths: bars ? uPlot.paths.stepped({ align: 1 }) : undefined,
            points: { show: points === true, size: 6, fill: () => groupColour(colour ?? k) },
            value: (_, value) => (value === null || value === undefined ? '–' : tickText(value)),
          })),
        ],
        hooks: { draw: options.mark ? [options.mark] : [] },
      },
      [x, ...series.map(({ values }) => values)],
      box,
    );
  new ResizeObserver(() => {
    const width = box.clientWidth;
    if (width === 0) return;
    if (plot === null) plot = make(width);
    else plot.setSize({ width, height: options.height ?? 230 });
    box.dataset.drawn = 'true';
  }).observe(box);
  onTheme(() => plot?.redraw(false));
  return { box, plot: () => plot };
}
