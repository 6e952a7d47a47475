// The page's data: JSON in which arrays of numbers are base64 of little-endian values (docs/report.md).

function halfToFloat(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const significand = bits & 1023;
  if (exponent === 0) return sign * significand * 2 ** -24;
  if (exponent === 31) return significand ? NaN : sign * Infinity;
  return sign * (1 + significand / 1024) * 2 ** (exponent - 15);
}

const readers = {
  f32: (buffer) => new Float32Array(buffer),
  f16: (buffer) => Float32Array.from(new Uint16Array(buffer), halfToFloat),
  u32: (buffer) => new Uint32Array(buffer),
  u16: (buffer) => new Uint16Array(buffer),
  u8: (buffer) => new Uint8Array(buffer),
};

function unpack({ type, base64 }) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return readers[type](bytes.buffer);
}

// The same tree with a typed array in place of every packed one.
function unpacked(value) {
  if (Array.isArray(value)) return value.map(unpacked);
  if (value === null || typeof value !== 'object') return value;
  if (typeof value.base64 === 'string') return unpack(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unpacked(inner)]));
}

export function readData() {
  const data = unpacked(JSON.parse(document.getElementById('loci-data').textContent));
  if (data.network) addRanges(data.network);
  if (data.raster) addGroupRanges(data.raster.groups);
  return data;
}

// groups[g].first: the number of its first neuron among all.
function addGroupRanges(groups) {
  let first = 0;
  for (const group of groups) {
    group.first = first;
    first += group.neurons;
  }
  return first;
}

// network.group[i]: the group of shown neuron i; network.indexOf: from a neuron's number to its place among the shown.
function addRanges(network) {
  network.total = addGroupRanges(network.groups);
  network.group = new Uint16Array(network.neurons.length);
  network.indexOf = new Map();
  let group = 0;
  for (let i = 0; i < network.neurons.length; ++i) {
    const { groups } = network;
    while (network.neurons[i] >= groups[group].first + groups[group].neurons) ++group;
    network.group[i] = group;
    network.indexOf.set(network.neurons[i], i);
  }
}

// The recording and the network have the same neurons, so one can be shown on the other.
export function isLinked({ network, raster }) {
  return Boolean(
    network && raster && network.groups.length === raster.groups.length &&
      network.groups.every((group, g) => group.neurons === raster.groups[g].neurons),
  );
}
