// Where neurons are drawn. Layers of a model follow each other from left to right; a circuit is drawn in its own
// coordinates.

// What holds the values but for the outermost 0.5 % at either end.
function bulk(positions, axis) {
  const sorted = Float32Array.from({ length: positions.length / 3 }, (_, i) => positions[3 * i + axis]).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))];
  return [at(0.005), at(0.995)];
}

// The layer coordinate of each group, or null where its neurons have different ones.
function layerPlanes(network) {
  const planes = new Array(network.groups.length);
  for (let i = 0; i < network.neurons.length; ++i) {
    const z = network.positions[3 * i + 2];
    const g = network.group[i];
    if (planes[g] === undefined) planes[g] = z;
    else if (planes[g] !== z) return null;
  }
  return planes;
}

export function makeSpace(network) {
  const n = network.neurons.length;
  const ends = [0, 1, 2].map((axis) => bulk(network.positions, axis));
  const middle = ends.map(([low, high]) => 0.5 * (low + high));
  const extent = ends.map(([low, high]) => high - low);
  const isLayered = network.source === 'model';
  const scale = 2 / Math.max(extent[0], extent[1], isLayered ? 0 : extent[2], 1e-9);
  const planes = isLayered && network.placed ? layerPlanes(network) : null;
  const positions = new Float32Array(3 * n);
  const last = network.groups.length - 1;

  // Learned distances of layers are often a thousandth of the layers' width, which nobody could look between: unless
  // wanted as they are, layers are drawn equally far apart, or, where neurons of a layer have different ones, stretched.
  const depth = (i, asTheyAre) => {
    const z = network.positions[3 * i + 2];
    if (asTheyAre) return (z - middle[2]) * scale;
    if (planes || !network.placed) return 3.2 * (network.group[i] / Math.max(last, 1) - 0.5);
    return (3.2 * (z - middle[2])) / Math.max(extent[2], 1e-9);
  };
  return {
    positions,
    isLayered,
    isFlat: !isLayered && extent[2] === 0,
    canSpread: isLayered && network.placed && last > 0,
    gaps: planes ? planes.slice(1).map((z, l) => z - planes[l]) : null,
    place(asTheyAre) {
      for (let i = 0; i < n; ++i) {
        const [x, y, z] = [0, 1, 2].map((k) => (network.positions[3 * i + k] - middle[k]) * scale);
        positions.set(isLayered ? [depth(i, asTheyAre), y, -x] : [x, y, z], 3 * i);
      }
    },
    // Names of the axes of the scene: its x, y and z.
    axes: isLayered ? [network.axes[2], network.axes[1], network.axes[0]] : network.axes,
  };
}

// Below the middle of each group, where most of its points end.
export function groupAnchors(network, positions) {
  return network.groups.map((_, g) => {
    const sum = [0, 0, 0];
    let n = 0;
    for (let i = 0; i < network.neurons.length; ++i) {
      if (network.group[i] !== g) continue;
      for (let k = 0; k < 3; ++k) sum[k] += positions[3 * i + k];
      ++n;
    }
    return n === 0 ? [0, 0, 0] : [sum[0] / n, -1.12, sum[2] / n];
  });
}
