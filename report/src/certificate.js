// The certificate of an export: what is exact, and what the target does with samples.
import { count, h, percent, short } from './dom.js';

const cell = (value) => (value === undefined || value === null ? '–' : String(value));

function properties(certificate) {
  return h('table', { className: 'figures left' }, h('tr', {}, ['property', 'fidelity', 'note'].map((name) => h('th', {}, name))),
    certificate.properties.map(({ property, fidelity, note }) =>
      h('tr', {}, h('td', {}, property), h('td', {}, h('span', { className: `mark ${fidelity === 'exact' ? 'good' : fidelity === 'approximate' ? 'fair' : 'bad'}` }, fidelity)), h('td', {}, note ?? ''))));
}

// Runs of the same samples, a column each.
const runs = [
  ['float', 'float'],
  ['float_with_reset_of_target', 'its reset'],
  ['before_scale_search', 'by max |w|'],
  ['emulated', 'exported'],
];

function evidence({ evidence: found, data }) {
  if (!found) return null;
  const present = runs.filter(([key]) => found[key]);
  const row = (name, key) => h('tr', {}, h('td', {}, name), present.map(([run]) => h('td', {}, percent(found[run][key]))));
  return h('div', {}, h('h3', {}, `${count(found.samples)} samples of ${data}, ${found.steps} steps`),
    h('table', { className: 'figures' },
      h('tr', {}, h('th', {}, ''), present.map(([, name]) => h('th', {}, name))),
      row('accuracy', 'accuracy'),
      row('label agreement', 'agreement')));
}

// Columns of a layer: key, title, and how the value is said.
const columns = [
  ['neurons', 'neurons', count],
  ['scale', 'scale', ([low, high]) => (low === high ? short(low) : `${short(low)} to ${short(high)}`)],
  ['edges', 'edges', count],
  ['clipped', 'weights clipped', count],
  ['vanished', 'weights lost', count],
  ['weight_error', 'weight error (rms, relative)', short],
];

function layers({ layers: rows, evidence: found }) {
  if (!rows?.length) return null;
  const spikes = found?.float && found?.emulated;
  const cells = (row, l) => [
    h('td', {}, String(l + 1)),
    ...columns.map(([key, , say]) => h('td', {}, row[key] === undefined ? '–' : say(row[key]))),
    ...(spikes ? [found.float.spikes, found.emulated.spikes, found.emulated.mismatches].map((all) => h('td', {}, count(all[l]))) : []),
  ];
  const titles = ['layer', ...columns.map(([, title]) => title), ...(spikes ? ['spikes', 'emulated', 'they differ'] : [])];
  return h('div', {}, h('h3', {}, 'layers'),
    h('table', { className: 'figures' }, h('tr', {}, titles.map((title) => h('th', {}, title))), rows.map((row, l) => h('tr', {}, cells(row, l)))));
}

export function certificateTitle(certificate) {
  return `Export: ${certificate.title ?? certificate.target}${certificate.unverified ? ' (unverified)' : ''}`;
}

export function makeCertificate(certificate) {
  const overflow = certificate.overflow;
  return h('div', { className: 'scroll' },
    h('p', { className: 'dim' }, `${cell(certificate.model)}: ${cell(certificate.network)}, driven by ${cell(certificate.input)}`),
    properties(certificate),
    overflow ? h('p', {}, h('b', {}, `Overflow is ${overflow.impossible ? 'impossible' : 'possible'}. `), cell(overflow.note)) : null,
    evidence(certificate),
    layers(certificate));
}
