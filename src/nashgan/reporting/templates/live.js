"use strict";
{ // The generator, computed here: its operations one after the other, on arrays { shape, data }.
  const { constants, inputs, steps } = JSON.parse(document.getElementById("operations").textContent);
  const size = (shape) => shape.reduce((all, side) => all * side, 1);
  const array = (shape, data = new Float32Array(size(shape))) => ({ shape, data });

  // For each number of an array of shape `to`: which number of an array of shape `from` meets it. Sides of 1 are repeated.
  function meeting(from, to) {
    const places = new Int32Array(size(to));
    const shape = [...Array(to.length - from.length).fill(1), ...from];
    for (let place = 0; place < places.length; place += 1) {
      let rest = place, stride = 1;
      for (let axis = to.length - 1; axis >= 0; axis -= 1) {
        if (shape[axis] > 1) places[place] += (rest % to[axis]) * stride;
        rest = Math.floor(rest / to[axis]);
        stride *= shape[axis];
      }
    }
    return places;
  }

  function combined(self, other, shape, combine) {
    if (typeof other === "number") return array(shape, self.data.map((value) => combine(value, other)));
    const [left, right] = [meeting(self.shape, shape), meeting(other.shape, shape)];
    return array(shape, Float32Array.from(left, (place, at) => combine(self.data[place], other.data[right[at]])));
  }

  // A convolution: place (y, x) of the coarse planes meets (stride * y - padding + dilation * row, …) of the fine ones. Sums
  // go from the fine planes to the coarse ones; transposed, from the coarse planes to the fine ones.
  function convolved({ input, weight, bias, stride, padding, dilation, groups }, shape, transposed) {
    const made = array(shape), kernel = weight.shape[2] * weight.shape[3];
    const [coarse, fine] = transposed ? [input, made] : [made, input];
    const alone = kernel === 1 && stride[0] * stride[1] === 1 && padding[0] + padding[1] === 0; // then a plane is one row
    const plane = ([, maps, height, width]) => (alone ? [maps, 1, height * width] : [maps, height, width]);
    const [coarseMaps, coarseHeight, coarseWidth] = plane(coarse.shape);
    const [fineMaps, fineHeight, fineWidth] = plane(fine.shape);
    const each = fineMaps / groups, step = stride[1], fines = fine.data, coarses = coarse.data;
    if (bias) made.data.forEach((_, at) => { made.data[at] = bias.data[Math.floor(at / (shape[2] * shape[3])) % shape[1]]; });
    for (let image = 0; image < shape[0]; image += 1) for (let map = 0; map < coarseMaps; map += 1) {
      const first = Math.floor(map / (coarseMaps / groups)) * each;
      const coarseAt = (image * coarseMaps + map) * coarseHeight * coarseWidth;
      for (let other = 0; other < each; other += 1) {
        const fineAt = (image * fineMaps + first + other) * fineHeight * fineWidth;
        for (let tap = 0; tap < kernel; tap += 1) {
          const factor = weight.data[(map * each + other) * kernel + tap];
          const top = Math.floor(tap / weight.shape[3]) * dilation[0] - padding[0];
          const left = (tap % weight.shape[3]) * dilation[1] - padding[1];
          const begin = Math.max(0, Math.ceil(-left / step)), end = Math.min(coarseWidth, Math.ceil((fineWidth - left) / step));
          for (let y = 0; y < coarseHeight; y += 1) {
            const row = y * stride[0] + top;
            if (row < 0 || row >= fineHeight) continue;
            const here = coarseAt + y * coarseWidth;
            let there = fineAt + row * fineWidth + begin * step + left;
            for (let x = begin; x < end; x += 1, there += step) {
              if (transposed) fines[there] += factor * coarses[here + x];
              else coarses[here + x] += factor * fines[there];
            }
          }
        }
      }
    }
    return made;
  }

  // Joins arrays along an axis.
  function along(axis, arrays, shape) {
    const made = array(shape), inner = size(shape.slice(axis + 1));
    let before = 0;
    for (const one of arrays) {
      const run = one.shape[axis] * inner;
      for (let row = 0; row * run < one.data.length; row += 1) {
        made.data.set(one.data.subarray(row * run, (row + 1) * run), row * shape[axis] * inner + before);
      }
      before += run;
    }
    return made;
  }

  // The part of an array that begins at `from` on an axis.
  function cut(axis, from, self, shape) {
    const made = array(shape), inner = size(shape.slice(axis + 1)), run = shape[axis] * inner;
    for (let row = 0; row * run < made.data.length; row += 1) {
      const start = row * self.shape[axis] * inner + from * inner;
      made.data.set(self.data.subarray(start, start + run), row * run);
    }
    return made;
  }

  const changed = (self, change) => array(self.shape, self.data.map(change));
  const seenAs = ({ self, input }, shape) => array(shape, (self ?? input).data);
  const operations = { // each has the name and the arguments of torch's, and gets the shape of its result
    add: ({ self, other, alpha }, shape) => combined(self, other, shape, (a, b) => a + alpha * b),
    mul: ({ self, other }, shape) => combined(self, other, shape, (a, b) => a * b),
    relu: ({ self }) => changed(self, (value) => Math.max(value, 0)),
    leaky_relu: ({ self, negative_slope: slope }) => changed(self, (value) => (value < 0 ? slope * value : value)),
    tanh: ({ self }) => changed(self, Math.tanh),
    clamp: ({ self, min, max }) => changed(self, (value) => Math.min(Math.max(value, min ?? -Infinity), max ?? Infinity)),
    contiguous: seenAs, unflatten: seenAs, unsqueeze: seenAs, view: seenAs,
    getitem: ({ self, index }) => self[index],
    cat: ({ tensors, dim }, shape) => along(dim, tensors, shape),
    chunk({ self, dim }, shapes) {
      let from = 0;
      return shapes.map((shape) => { from += shape[dim]; return cut(dim, from - shape[dim], self, shape); });
    },
    embedding({ weight, indices }, shape) {
      const width = weight.shape[1], made = array(shape);
      indices.data.forEach((row, at) => made.data.set(weight.data.subarray(row * width, (row + 1) * width), at * width));
      return made;
    },
    linear({ input, weight, bias }, shape) {
      const [outputs, width] = weight.shape;
      return array(shape, Float32Array.from({ length: size(shape) }, (_, at) => {
        const row = Math.floor(at / outputs) * width, column = (at % outputs) * width;
        let sum = bias ? bias.data[at % outputs] : 0;
        for (let place = 0; place < width; place += 1) sum += input.data[row + place] * weight.data[column + place];
        return sum;
      }));
    },
    batch_norm({ input, weight, bias, running_mean: mean, running_var: variance, eps }, shape) {
      const pixels = size(shape.slice(2));
      return array(shape, input.data.map((value, at) => {
        const map = Math.floor(at / pixels) % shape[1];
        const normal = (value - mean.data[map]) / Math.sqrt(variance.data[map] + eps);
        return normal * (weight ? weight.data[map] : 1) + (bias ? bias.data[map] : 0);
      }));
    },
    conv2d: (given, shape) => convolved(given, shape, false),
    conv_transpose2d: (given, shape) => convolved(given, shape, true),
    upsample_nearest2d({ input }, shape) {
      const [, , height, width] = shape, [, , rows, columns] = input.shape;
      return array(shape, Float32Array.from({ length: size(shape) }, (_, at) => {
        const map = Math.floor(at / (height * width)), y = Math.floor((at % (height * width)) / width);
        return input.data[(map * rows + Math.floor((y * rows) / height)) * columns + Math.floor(((at % width) * columns) / width)];
      }));
    },
  };

  const bytes = Uint8Array.from(atob(document.getElementById("weights").textContent), (letter) => letter.charCodeAt(0));
  const weights = new Float32Array(bytes.buffer);
  let used = 0;
  const fixed = constants.map((shape) => array(shape, weights.subarray(used, used += size(shape))));

  // The numbers of the images for the numbers of each input.
  function computed(...given) {
    const arrays = [...fixed, ...inputs.map((shape, at) => array(shape, Float32Array.from(given[at])))];
    const filled = (value) => {
      if (Array.isArray(value)) return value.map(filled);
      return value !== null && typeof value === "object" ? arrays[value.array] : value;
    };
    for (const { operation, shape, ...rest } of steps) {
      const told = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, filled(value)]));
      arrays.push(operations[operation](told, shape));
    }
    return arrays.at(-1).data;
  }
  globalThis.nashgan = { computed, operations: Object.keys(operations) };

  // What the reader moves.
  const place = document.querySelector(".live");
  const canvases = [...place.querySelectorAll("canvas")];
  const [slider, chosen, took] = ["way", "class", "took"].map((name) => document.getElementById(name));
  const latent = Number(place.dataset.latent), highest = Number(place.dataset.levels) - 1;
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const vectors = () => canvases.map(() => Float32Array.from({ length: latent }, normal));
  const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
  let [from, to] = [vectors(), vectors()];

  function between(a, b, share) { // spherical interpolation: every place has about the length that latent vectors have
    const angle = Math.acos(Math.min(1, Math.max(-1, dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)))));
    if (Math.sin(angle) < 1e-6) return a.map((value, at) => (1 - share) * value + share * b[at]);
    const [first, second] = [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
    return a.map((value, at) => first * value + second * b[at]);
  }

  function here() {
    return from.map((vector, at) => between(vector, to[at], Number(slider.value)));
  }

  function paint(numbers) {
    canvases.forEach((canvas, image) => {
      const pixels = canvas.width * canvas.height, channels = numbers.length / canvases.length / pixels;
      const picture = new ImageData(canvas.width, canvas.height);
      const value = (channel, at) => {
        const level = Math.round((numbers[(image * channels + channel) * pixels + at] + 1) * highest / 2);
        return Math.min(Math.max(level, 0), highest) * 255 / highest;
      };
      for (let at = 0; at < pixels; at += 1) {
        for (let channel = 0; channel < 3; channel += 1) picture.data[4 * at + channel] = value(channels < 3 ? 0 : channel, at);
        picture.data[4 * at + 3] = channels === 4 ? value(3, at) : 255;
      }
      canvas.getContext("2d").putImageData(picture, 0, 0);
    });
  }

  function draw() {
    const began = performance.now();
    const z = here().flatMap((vector) => [...vector]);
    const labels = chosen && canvases.map((_, at) => (chosen.value === "each" ? at % (chosen.length - 1) : Number(chosen.value)));
    paint(computed(z, ...(labels ? [labels] : [])));
    took.textContent = `Computed in ${Math.round(performance.now() - began)} ms.`;
    place.dataset.drawn = Number(place.dataset.drawn ?? 0) + 1;
  }

  let asked = false;
  function drawSoon() { // once a frame, however often the slider moves
    if (!asked) requestAnimationFrame(() => { asked = false; draw(); });
    asked = true;
  }
  slider.addEventListener("input", drawSoon);
  chosen?.addEventListener("change", drawSoon);
  document.getElementById("others").addEventListener("click", () => {
    [from, to] = [here(), vectors()];
    slider.value = 0;
    drawSoon();
  });
  slider.value = 0; // a reloaded page may bring back an earlier place
  place.hidden = false;
  new IntersectionObserver(([{ isIntersecting }], watcher) => { // computed when it is first seen
    if (!isIntersecting) return;
    watcher.disconnect();
    draw();
  }).observe(place);
}
