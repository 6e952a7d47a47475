// What the parts of the page have in common: the neuron under the pointer, the time, the input that is looked at.

export function makeStore(state) {
  const listeners = new Map();
  return {
    get: (key) => state[key],
    set(key, value) {
      if (state[key] === value) return;
      state[key] = value;
      for (const listener of listeners.get(key) ?? []) listener(value);
    },
    // Calls the listener at once and at every change.
    on(keys, listener) {
      for (const key of [keys].flat()) {
        if (!listeners.has(key)) listeners.set(key, []);
        listeners.get(key).push(() => listener());
      }
      listener();
    },
  };
}
