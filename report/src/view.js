// The network in three dimensions: drag, zoom, colours, and the strongest edges of the neuron under the pointer.
import { BufferAttribute, BufferGeometry, LineBasicMaterial, LineSegments, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';
import { choice, h, percent, short } from './dom.js';
import { makePoints } from './points.js';
import { groupAnchors, makeSpace } from './space.js';
import { channels, css, isDark, onTheme, rgb, signShade } from './theme.js';

const mostEdges = 64;
const reachPx = 14; // of the pointer

// Few neurons are drawn large, many small.
const diameterOf = (n) => Math.min(0.1, Math.max(0.02, 1.15 / Math.sqrt(n)));

function legendElement(legend) {
  if (legend.swatches)
    return h('div', { className: 'legend' },
      legend.swatches.slice(0, 12).map(([colour, text]) => {
        const dot = h('i');
        dot.style.background = colour;
        return h('span', {}, dot, text);
      }));
  const bar = h('b');
  const from = legend.from ?? 0;
  const stops = Array.from({ length: 17 }, (_, k) => rgb(legend.stops(from + ((1 - from) * k) / 16)));
  bar.style.background = `linear-gradient(90deg, ${stops.join(',')})`;
  return h('div', { className: 'legend' }, h('span', {}, legend.title), h('span', {}, legend.low, bar, legend.high));
}

// three.js takes colours of lines as linear light.
const linear = (channel) => (channel / 255) ** 2.2;

function makeLines(scene) {
  const positions = new Float32Array(6 * mostEdges);
  const colours = new Float32Array(8 * mostEdges);
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(positions, 3));
  geometry.setAttribute('color', new BufferAttribute(colours, 4));
  const lines = new LineSegments(geometry, new LineBasicMaterial({ vertexColors: true, transparent: true, depthTest: false }));
  lines.frustumCulled = false;
  scene.add(lines);
  return (edges, place) => {
    const most = Math.max(...edges.map(({ weight }) => Math.abs(weight)), 1e-30);
    edges.slice(0, mostEdges).forEach(({ from, to, weight }, e) => {
      positions.set([...place(from), ...place(to)], 6 * e);
      const [r, g, b] = signShade(Math.sign(weight)).map(linear);
      const alpha = 0.25 + 0.75 * (Math.abs(weight) / most);
      for (let end = 0; end < 2; ++end) colours.set([r, g, b, alpha], 8 * e + 4 * end);
    });
    geometry.setDrawRange(0, 2 * Math.min(edges.length, mostEdges));
    geometry.attributes.position.needsUpdate = true;
    geometry.attributes.color.needsUpdate = true;
  };
}

// A square around each layer, so that one sees which way it faces.
function makeFrames(scene, n) {
  const geometry = new BufferGeometry();
  const positions = new Float32Array(24 * n);
  geometry.setAttribute('position', new BufferAttribute(positions, 3));
  const material = new LineBasicMaterial({ transparent: true, opacity: 0.9 });
  scene.add(new LineSegments(geometry, material));
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
  return {
    material,
    place(depths) {
      depths.forEach((x, layer) =>
        corners.forEach(([y, z], k) => {
          const [nextY, nextZ] = corners[(k + 1) % 4];
          positions.set([x, 1.1 * y, 1.1 * z, x, 1.1 * nextY, 1.1 * nextZ], 24 * layer + 6 * k);
        }));
      geometry.attributes.position.needsUpdate = true;
    },
  };
}

// Edges of shown neuron i, and those of its other ends that are shown.
export function edgesOf(network, i) {
  const list = (edges, outgoing) => {
    const result = [];
    for (let e = edges.begin[i]; e < edges.begin[i + 1]; ++e) {
      const other = network.indexOf.get(edges.neuron[e]);
      result.push({ from: outgoing ? i : other, to: outgoing ? other : i, neuron: edges.neuron[e], weight: edges.weight[e] });
    }
    return result;
  };
  return { outgoing: list(network.outgoing, true), incoming: list(network.incoming, false) };
}

// The nearest neuron to a point of the canvas, of those within reach that which is in front; -1: none.
function makePicker(camera, positions, canvas) {
  const point = new Vector3();
  return (x, y) => {
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    let best = -1;
    let bestScore = Infinity;
    for (let i = 0; i < positions.length / 3; ++i) {
      point.set(positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]).project(camera);
      if (point.z > 1) continue;
      const away = Math.hypot((point.x + 1) * 0.5 * width - x, (1 - point.y) * 0.5 * height - y);
      const score = away + 2 * point.z;
      if (away < reachPx && score < bestScore) {
        best = i;
        bestScore = score;
      }
    }
    return best;
  };
}

export function makeView(data, store, colouring) {
  const { network } = data;
  const space = makeSpace(network);
  space.place(false);
  const canvas = h('canvas', { id: 'view', tabIndex: 0, ariaLabel: 'Neurons in three dimensions' });
  const labels = h('div', { className: 'labels' });
  const legend = h('div');
  const frame = h('div', { className: 'space' }, canvas, labels, legend);

  let renderer;
  try {
    renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, preserveDrawingBuffer: true });
  } catch {
    return h('div', {}, h('p', { className: 'note' }, 'This browser draws no WebGL, so the view in three dimensions is missing; the layer views below show the same neurons.'));
  }
  const scene = new Scene();
  const camera = new PerspectiveCamera(38, 1, 0.01, 100);
  const home = space.isLayered ? [2.75, 1.1, 4.15] : space.isFlat ? [0, -0.6, 3.4] : [1.9, 1.4, 3.4];
  const controls = new OrbitControls(camera, canvas);
  controls.enableDamping = true;
  controls.dampingFactor = 0.12;
  const reset = () => {
    camera.position.set(...home);
    controls.target.set(0, space.isLayered ? -0.12 : 0, 0);
    controls.update();
    draw();
  };

  const perGroup = network.groups.map((group) => diameterOf(Math.max(group.neurons, 1)));
  const diameters = Float32Array.from(network.group, (group) => perGroup[group]);
  const cloud = makePoints(space.positions, diameters);
  scene.add(cloud.points);
  const setLines = makeLines(scene);
  const frames = space.isLayered ? makeFrames(scene, network.groups.length) : null;
  const pick = makePicker(camera, space.positions, canvas);
  const place = (i) => space.positions.subarray(3 * i, 3 * i + 3);

  const names = network.groups.map((group) => h('span', {}, group.name));
  const marker = h('em');
  labels.append(...(network.groups.length <= 12 && space.isLayered ? names : []), marker);
  let anchors = groupAnchors(network, space.positions);
  frames?.place(anchors.map(([x]) => x));
  const spot = new Vector3();
  const put = (element, at, dy) => {
    spot.set(...at).project(camera);
    element.style.transform = `translate(-50%, 0) translate(${(spot.x + 1) * 0.5 * frame.clientWidth}px, ${(1 - spot.y) * 0.5 * canvas.clientHeight + dy}px)`;
  };

  let asked = false;
  function draw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      if (controls.update()) draw();
      renderer.render(scene, camera);
      names.forEach((element, g) => put(element, anchors[g], 12));
      const hovered = store.get('neuron');
      marker.hidden = hovered < 0;
      if (hovered >= 0) put(marker, place(hovered), -9);
    });
  }
  controls.addEventListener('change', draw);

  new ResizeObserver(() => {
    const width = frame.clientWidth;
    const height = canvas.clientHeight;
    if (width === 0) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    renderer.setPixelRatio(ratio);
    renderer.setSize(width, height, false);
    camera.aspect = width / height;
    // The whole network is in sight on narrow screens, too.
    camera.fov = camera.aspect < 1.35 ? Math.min(80, 38 * (1.35 / camera.aspect)) : 38;
    camera.updateProjectionMatrix();
    cloud.uniforms.pixelRatio.value = ratio;
    cloud.uniforms.unit.value = height / (2 * Math.tan((camera.fov * Math.PI) / 360));
    draw();
  }).observe(frame);

  const paint = () => {
    const { colour, legend: meaning } = colouring.of(store.get('colour'), { input: store.get('input'), share: store.get('share') });
    cloud.paint(colour);
    cloud.uniforms.flash.value = isDark() ? [1, 1, 1] : [0.85, 0, 0.15];
    legend.replaceChildren(legendElement(meaning));
    frames?.material.color.set(css('--line'));
    draw();
  };
  onTheme(() => {
    paint();
    showEdges();
  });

  function showEdges() {
    const i = store.get('neuron');
    const { outgoing, incoming } = i < 0 ? { outgoing: [], incoming: [] } : edgesOf(network, i);
    setLines([...outgoing, ...incoming].filter(({ from, to }) => from !== undefined && to !== undefined), place);
    draw();
  }

  let down = false;
  canvas.addEventListener('pointerdown', () => (down = true));
  window.addEventListener('pointerup', () => (down = false));
  canvas.addEventListener('pointermove', (event) => {
    if (down || store.get('pinned')) return;
    const box = canvas.getBoundingClientRect();
    store.set('neuron', pick(event.clientX - box.left, event.clientY - box.top));
  });
  canvas.addEventListener('click', (event) => {
    const box = canvas.getBoundingClientRect();
    const i = pick(event.clientX - box.left, event.clientY - box.top);
    store.set('pinned', i >= 0);
    store.set('neuron', i);
  });

  const modes = colouring.modes.map(({ key, name }) => [key, name]);
  const shares = network.degrees.map(({ pruned }, k) => [k, percent(pruned)]);
  const share = choice('pruned', shares, (value) => store.set('share', Number(value)), 'share');
  const mode = choice('colour by', modes, (value) => store.set('colour', value), 'colour');
  const input = data.inputs
    ? choice('input', data.inputs.inputs.map(({ name }, k) => [k, name]), (value) => store.set('input', Number(value)), 'input')
    : h('span');
  const asTheyAre = h('input', { type: 'checkbox', onchange: () => spread() });
  function spread() {
    space.place(asTheyAre.checked);
    anchors = groupAnchors(network, space.positions);
    frames?.place(anchors.map(([x]) => x));
    cloud.moved();
    showEdges();
  }

  store.on(['colour', 'input', 'share'], () => {
    mode.querySelector('select').value = store.get('colour');
    share.hidden = store.get('colour') !== 'degree' || shares.length < 2;
    input.hidden = store.get('colour') !== 'activation';
    if (data.inputs) input.querySelector('select').value = String(store.get('input'));
    paint();
  });
  store.on('neuron', showEdges);
  store.on('lit', () => {
    const glow = store.get('glow');
    if (glow) cloud.light((i) => glow[i]);
    draw();
  });
  reset();

  const bar = h('div', { className: 'bar' }, mode, input, share,
    space.canSpread ? h('label', { className: 'choice' }, asTheyAre, 'layer distances as they are') : null,
    h('button', { onclick: reset }, 'Reset view'));
  const gaps = space.gaps ? ` Layers are drawn equally far apart; their distances are ${space.gaps.map(short).join(' and ')}.` : '';
  return h('div', {}, bar, frame,
    h('p', { className: 'note' }, `Drag to turn, scroll to zoom, right-drag to move; point at a neuron for its strongest edges, click to keep them. Axes: ${space.axes.join(', ')}.${gaps}`));
}
