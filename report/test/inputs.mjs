// What the test shows: a small trained network, and a circuit of 10,000 neurons that fires a million spikes.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// mulberry32: the same numbers everywhere.
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function idx(sizes, bytes) {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(0x0800 | sizes.length, 0);
  sizes.forEach((size, k) => header.writeUInt32BE(size, 4 + 4 * k));
  return Buffer.concat([header, bytes]);
}

// Ten patterns of 8 x 8 pixels, a tenth of which any image has otherwise.
function writeImages(stem, n, random, patterns) {
  const pixels = Buffer.alloc(64 * n);
  const labels = Buffer.alloc(n);
  for (let i = 0; i < n; ++i) {
    labels[i] = i % 10;
    for (let p = 0; p < 64; ++p) {
      const bright = patterns[labels[i]][p] !== random() < 0.1;
      pixels[64 * i + p] = bright ? 155 + Math.floor(100 * random()) : 0;
    }
  }
  writeFileSync(`${stem}-images-idx3-ubyte`, idx([n, 8, 8], pixels));
  writeFileSync(`${stem}-labels-idx1-ubyte`, idx([n], labels));
}

const modelConfig = `
[data]
dataset = "fashion-mnist"
dir = "data"
[network]
hidden = [24]
dims = 4
weight_scale = [1.0, 0.3]
balanced = true
[objective]
steps = 12
[training]
epochs = 4
batch_size = 20
learning_rate = 0.05
`;

const circuit = `
[circuit]
step_ms = 0.1
seed = 1
[space]
dims = 2
[population.e]
size = 8000
model = "lif_delta"
tau_membrane_ms = 20
capacitance_pf = 20
resting_mv = 0
threshold_mv = 20
reset_mv = 10
initial_mv = [0, 20]
[population.i]
size = 2000
model = "lif_delta"
tau_membrane_ms = 20
capacitance_pf = 20
resting_mv = 0
threshold_mv = 20
reset_mv = 10
initial_mv = [0, 20]
[[input]]
target = ["e", "i"]
kind = "poisson"
rate_hz = 26000
weight = 0.1
[[projection]]
source = "e"
target = ["e", "i"]
cutoff = 0.04
weight = 0.05
weight_kernel = "inverse_distance"
weight_length = 0.02
weight_floor = 0.002
delay_ms = 0.5
[[projection]]
source = "i"
target = ["e", "i"]
cutoff = 0.04
weight = -0.2
weight_kernel = "inverse_distance"
weight_length = 0.02
weight_floor = 0.002
delay_ms = 0.5
[run]
duration_ms = 1000
`;

export function makeInputs(loci, folder) {
  const run = (...args) => execFileSync(loci, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] }).toString();
  mkdirSync(join(folder, 'data'), { recursive: true });
  const random = randomNumbers(7);
  const patterns = Array.from({ length: 10 }, () => Array.from({ length: 64 }, () => random() < 0.5));
  writeImages(join(folder, 'data/train'), 600, random, patterns);
  writeImages(join(folder, 'data/t10k'), 200, random, patterns);
  writeFileSync(join(folder, 'model.toml'), modelConfig);
  writeFileSync(join(folder, 'large.toml'), circuit);
  run('train', '--config', 'model.toml', '--out', 'model.h5', '--quiet');
  run('report', 'model.h5', '-o', 'model.html', '--quiet');
  run('simulate', 'large.toml', '--out', 'large.h5', '--quiet');
  run('report', 'large.toml', 'large.h5', '-o', 'large.html', '--quiet');
  run('report', 'large.h5', '-o', 'raster.html', '--quiet');
}
