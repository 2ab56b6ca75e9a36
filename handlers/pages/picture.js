/** Tensors that are pictures: numbers to pixels and back. Only the last two functions draw. */

const SMALLEST = 8;
const COLOURS = [1, 3, 4];

/**
 * How a shape is a picture, or null: `{height, width, channels, planes}`. Leading ones do not
 * matter; `planes` says that the channels come first. A size that is free is 0.
 */
export function pictureLayout(shape) {
  const sizes = shape.map((size) => Math.max(0, size));
  while (sizes.length > 2 && sizes[0] <= 1) sizes.shift();
  if (sizes.length === 2) return layout(sizes[0], sizes[1], 1, false);
  if (sizes.length !== 3) return null;
  if (COLOURS.includes(sizes[2])) return layout(sizes[0], sizes[1], sizes[2], false);
  return COLOURS.includes(sizes[0]) ? layout(sizes[1], sizes[2], sizes[0], true) : null;
}

function layout(height, width, channels, planes) {
  const small = [height, width].some((size) => size !== 0 && size < SMALLEST);
  const half = (height === 0) !== (width === 0);
  return small || half ? null : { height, width, channels, planes };
}

/** RGBA bytes of a tensor, its lowest value black and its highest white. */
export function pixels(values, { height, width, channels, planes }) {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const scale = high > low ? 255 / (high - low) : 0;
  const bytes = new Uint8ClampedArray(height * width * 4);
  for (let point = 0; point < height * width; point += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const from = channels < 3 ? 0 : channel;
      const place = planes ? from * height * width + point : point * channels + from;
      bytes[point * 4 + channel] = (values[place] - low) * scale;
    }
    bytes[point * 4 + 3] = 255;
  }
  return bytes;
}

/** The numbers of RGBA bytes, between the values for black and for white. */
export function numbers(bytes, { height, width, channels, planes }, { black, white }) {
  const values = new Array(height * width * channels);
  for (let point = 0; point < height * width; point += 1) {
    const [red, green, blue, alpha] = bytes.slice(point * 4, point * 4 + 4);
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
    const parts = channels < 3 ? [grey] : [red, green, blue, alpha];
    for (let channel = 0; channel < channels; channel += 1) {
      const place = planes ? channel * height * width + point : point * channels + channel;
      values[place] = black + ((white - black) * parts[channel]) / 255;
    }
  }
  return values;
}

/** Draw a tensor on a canvas. */
export function draw(canvas, values, shown) {
  canvas.width = shown.width;
  canvas.height = shown.height;
  const image = new ImageData(pixels(values, shown), shown.width, shown.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** The bytes of a picture file, scaled to a layout; a free size is the picture's own. */
export async function load(file, wanted) {
  const bitmap = await createImageBitmap(file);
  const shown = {
    ...wanted,
    height: wanted.height || bitmap.height,
    width: wanted.width || bitmap.width,
  };
  const canvas = document.createElement("canvas");
  canvas.width = shown.width;
  canvas.height = shown.height;
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0, shown.width, shown.height);
  return { bytes: context.getImageData(0, 0, shown.width, shown.height).data, layout: shown };
}
