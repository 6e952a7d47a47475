// Elements in few words.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== 'list') element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

export function card(title, options, ...children) {
  const { id, wide, note, aside } = options ?? {};
  return h('section', { id, className: wide ? 'card wide' : 'card' },
    h('header', {}, h('h2', {}, title), aside),
    ...children,
    note ? h('p', { className: 'note' }, note) : null);
}

export function choice(label, options, onchange, id) {
  const select = h('select', { id, onchange: () => onchange(select.value) },
    options.map(([value, text]) => h('option', { value }, text)));
  return h('label', { className: 'choice' }, label, select);
}

// A canvas of so many CSS pixels, sharp on every screen; draw(context, width, height) is called when it has its size, when
// the size changes, and by redraw().
export function drawing(className, height, draw) {
  const canvas = h('canvas', { className });
  canvas.style.height = `${height}px`;
  const redraw = () => {
    const width = canvas.clientWidth;
    if (width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  };
  new ResizeObserver(redraw).observe(canvas);
  return { canvas, redraw };
}

const whole = new Intl.NumberFormat('en-US');
export const count = (value) => whole.format(value);

export function short(value) {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}
export const percent = (share) => `${(100 * share).toFixed(2)} %`;

// Round numbers, 1, 2 or 5 times a power of ten apart.
export function ticks(low, high, n) {
  if (!(high > low)) return [];
  const wanted = (high - low) / n;
  const decade = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map((factor) => factor * decade).find((each) => each >= wanted * (1 - 1e-9));
  const result = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * (high - low); ++k) result.push(k * step);
  return result;
}
export const tickText = (value) => String(Number(value.toPrecision(6)));
