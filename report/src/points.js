// Neurons as round points of three.js, each with a colour, a size and a glow that spikes light.
import { BufferAttribute, BufferGeometry, Points, ShaderMaterial } from 'three';

const vertexShader = `
attribute vec3 tint;
attribute float diameter;
attribute float glow;
uniform float pixelRatio;
uniform float unit;
varying vec3 vTint;
varying float vGlow;
void main() {
  vec4 place = modelViewMatrix * vec4(position, 1.0);
  gl_Position = projectionMatrix * place;
  vTint = tint;
  vGlow = glow;
  gl_PointSize = pixelRatio * clamp(diameter * unit / -place.z, 2.0, 40.0) * (1.0 + 1.3 * glow);
}`;

const fragmentShader = `
uniform vec3 flash;
varying vec3 vTint;
varying float vGlow;
void main() {
  float r = length(gl_PointCoord - 0.5) * 2.0;
  if (r > 1.0) discard;
  vec3 colour = mix(vTint, flash, vGlow);
  colour *= mix(1.0, 0.72, smoothstep(0.55, 1.0, r));
  gl_FragColor = vec4(colour, 1.0 - smoothstep(0.88, 1.0, r));
}`;

export function makePoints(positions, diameters) {
  const n = diameters.length;
  const geometry = new BufferGeometry();
  const attribute = (name, array, size) => {
    const made = new BufferAttribute(array, size);
    geometry.setAttribute(name, made);
    return made;
  };
  attribute('position', positions, 3);
  const tint = attribute('tint', new Float32Array(3 * n), 3);
  attribute('diameter', diameters, 1);
  const glow = attribute('glow', new Float32Array(n), 1);
  const material = new ShaderMaterial({
    vertexShader,
    fragmentShader,
    uniforms: { pixelRatio: { value: 1 }, unit: { value: 1 }, flash: { value: [1, 1, 1] } },
    transparent: true,
  });
  const points = new Points(geometry, material);
  points.frustumCulled = false;
  return {
    points,
    uniforms: material.uniforms,
    paint(colour) {
      for (let i = 0; i < n; ++i) colour(i).forEach((channel, k) => (tint.array[3 * i + k] = channel / 255));
      tint.needsUpdate = true;
    },
    light(level) {
      for (let i = 0; i < n; ++i) glow.array[i] = level(i);
      glow.needsUpdate = true;
    },
    moved() {
      geometry.attributes.position.needsUpdate = true;
    },
  };
}
