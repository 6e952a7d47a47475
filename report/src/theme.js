// Light and dark, and colours that people with any colour vision tell apart.

// Okabe and Ito (2008), lightened where a dark ground would swallow them.
const palettes = {
  light: ['#0072b2', '#d98200', '#009e73', '#b8579a', '#d55e00', '#3a9bdc', '#5b5b5b', '#b3a400'],
  dark: ['#4aa8e8', '#f0b030', '#2fc79a', '#e08fc4', '#ff8c42', '#8fd3ff', '#c4c4c4', '#f0e442'],
};
// From next to the ground to what stands out most: viridis on dark, its like from light to dark blue on light.
const towardsBlue = [[226, 230, 224], [172, 213, 188], [84, 179, 187], [34, 114, 176], [26, 36, 106]];
const viridis = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99],
  [170, 220, 50], [253, 231, 37]];
// Blue inhibits, orange excites.
const diverging = {
  light: [[0, 90, 181], [120, 165, 205], [190, 190, 190], [226, 160, 96], [214, 94, 0]],
  dark: [[70, 160, 255], [88, 128, 170], [105, 105, 110], [190, 130, 70], [255, 150, 50]],
};

const listeners = [];
const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
let chosen = null;

export const isDark = () => (chosen === null ? prefersDark.matches : chosen === 'dark');
const name = () => (isDark() ? 'dark' : 'light');

function apply() {
  document.documentElement.dataset.theme = name();
  for (const listener of listeners) listener();
}
export function onTheme(listener) {
  listeners.push(listener);
}
export function toggleTheme() {
  chosen = isDark() ? 'light' : 'dark';
  apply();
}
prefersDark.addEventListener('change', apply);
document.documentElement.dataset.theme = name();

export const css = (variable) => getComputedStyle(document.documentElement).getPropertyValue(variable).trim();

function between(stops, share) {
  const at = Math.min(Math.max(Number.isFinite(share) ? share : 0, 0), 1) * (stops.length - 1);
  const below = Math.min(Math.floor(at), stops.length - 2);
  return stops[below].map((value, k) => value + (at - below) * (stops[below + 1][k] - value));
}

// [r, g, b] from 0 to 255.
export const shade = (share) => (isDark() ? between(viridis, 0.1 + 0.9 * share) : between(towardsBlue, 0.06 + 0.94 * share));
export const signShade = (sign) => between(diverging[name()], 0.5 + 0.5 * sign);
export const rgb = ([r, g, b]) => `rgb(${Math.round(r)},${Math.round(g)},${Math.round(b)})`;

export function groupColour(group) {
  const palette = palettes[name()];
  return palette[group % palette.length];
}
export function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
