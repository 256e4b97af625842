// Runs files of `resile quantize` in ONNX Runtime: the vote is part of the file.
//
//   npm install --ignore-scripts          once; the CPU library is inside the package
//   node stored_onnxruntime.mjs BUILD_FOLDER [NETWORK | FILE.onnx] [IMAGES]
//
// For widths, protections and layouts: ONNX Runtime predicts as resile does on the same images (1,000
// of noise by default) and its outputs are resile's to 1e-5 of the largest; with one stored bit of
// every voted bit flipped in the file its outputs are the same bit for bit, with any single one as
// well; with two of three they are not, and resile reads the changed file as ONNX Runtime does.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ort from "onnxruntime-node";

const CASES = [
  { bits: 3, protect: "msb", layout: "word" }, { bits: 3, protect: "msb", layout: "plane" },
  { bits: 4, protect: "msb", layout: "word" }, { bits: 5, protect: "msb", layout: "plane" },
  { bits: 4, protect: "msb:2", layout: "word" }, { bits: 5, protect: "tmr", layout: "plane" },
  { bits: 8, protect: "none", layout: "word" }, { bits: 6, protect: "parity", layout: "word" },
  { bits: 8, protect: "tmr", layout: "word", encoding: "symmetric", granularity: "tensor" },
  { bits: 3, protect: "msb", layout: "block" }, { bits: 6, protect: "parity", layout: "block" },
  { bits: 3, protect: "msb", layout: "word", scales: "tmr" },
  { bits: 4, protect: "msb", layout: "plane", scales: "tmr", encoding: "symmetric" },
];
const SINGLE_FLIPS = 12;

// A little-endian float32 .npy in C order.
function readNpy(path) {
  const file = readFileSync(path);
  const start = file[6] === 1 ? 10 : 12;
  const length = file[6] === 1 ? file.readUInt16LE(8) : file.readUInt32LE(8);
  const header = file.subarray(start, start + length).toString("latin1");
  const dims = header.match(/\(([^)]*)\)/)[1].split(",").filter((d) => d.trim()).map(Number);
  const bytes = file.subarray(start + length);
  return { dims, data: new Float32Array(bytes.buffer.slice(bytes.byteOffset,
                                                           bytes.byteOffset + bytes.length)) };
}

// ---- just enough of protobuf to find an initializer in the file ----

function* fields(file, from, to) {
  const varint = () => {
    let value = 0, factor = 1, byte;
    do {
      byte = file[from++];
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte & 128);
    return value;
  };
  while (from < to) {
    const key = varint(), kind = key & 7;
    const length = kind === 2 ? varint() : kind === 5 ? 4 : kind === 1 ? 8 : 0;
    if (kind === 0) varint();
    yield { number: key >> 3, from, to: from + length };
    from += length;
  }
}

// Names of the initializers with that ending -> their bytes, inside the file.
function initializers(file, ending) {
  const found = new Map();
  for (const graph of fields(file, 0, file.length)) {
    if (graph.number !== 7) continue;
    for (const tensor of fields(file, graph.from, graph.to)) {
      if (tensor.number !== 5) continue;
      let name = "", data = null;
      for (const f of fields(file, tensor.from, tensor.to)) {
        if (f.number === 8) name = file.subarray(f.from, f.to).toString();
        if (f.number === 9) data = file.subarray(f.from, f.to);
      }
      if (name.endsWith(ending)) found.set(name.slice(0, -ending.length), data);
    }
  }
  return found;
}

function metadata(file, key) {
  for (const entry of fields(file, 0, file.length)) {
    if (entry.number !== 14) continue;
    const [k, v] = [...fields(file, entry.from, entry.to)];
    if (file.subarray(k.from, k.to).toString() === key) return file.subarray(v.from, v.to).toString();
  }
  return null;
}

// ---- where the copies stand ----

const flip = (data, address) => { data[address >> 3] ^= 1 << (address & 7); };

function places(c) {
  const width = c.bits;
  const top = c.protect === "tmr" ? width : Number(c.protect.split(":")[1] ?? 1);
  const stored = width + 2 * top;
  return { top, stored,
           // Address of copy 0, 1 or 2 of the i-th voted bit of weight w among n.
           address(w, n, i, copy) {
             const b = copy === 0 ? width - top + i : width + i + (copy - 1) * top;
             if (c.layout === "word") return w * stored + b;
             if (c.layout === "plane") return b * n + w;
             const first = w - w % 512;
             const near = stored - top, here = Math.min(512, n - first);
             return b < near ? first * near + b * here + w - first
                             : n * near + first * top + (b - near) * here + w - first;
           } };
}

// ---- the comparison ----

async function run(path, x) {
  const session = await ort.InferenceSession.create(path);
  const input = { [session.inputNames[0]]: new ort.Tensor("float32", x.data, x.dims) };
  const y = (await session.run(input))[session.outputNames[0]].data;
  await session.release();
  return y;
}

const same = (a, b) => a.every((v, i) => v === b[i]);

function predictions(y, n) {
  const classes = y.length / n;
  return Array.from({ length: n }, (_, i) => {
    const row = y.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
}

function difference(a, b) {
  let error = 0, largest = 0;
  a.forEach((v, i) => {
    error = Math.max(error, Math.abs(v - b[i]));
    largest = Math.max(largest, Math.abs(v));
  });
  return error / largest;
}

function resile(tools, file, images) {
  execFileSync(tools.run, [file, String(images), tools.x, tools.y]);
  return { x: readNpy(tools.x), y: readNpy(tools.y).data };
}

// One copy of every bit of every scale and zero point, stored as words of so many and twice so many
// bits: 32, or what the metadata say.
function flipScales(bits, widths) {
  for (const [name, data] of bits) {
    const [, weights, what] = name.match(/^(.*)\.(scale|zero_point)$/) ?? [];
    if (!what) continue;
    const width = what === "scale" ? 32 : widths.get(weights);
    for (let b = 0; b < data.length * 8 / 3; b++)
      flip(data, Math.floor(b / width) * 3 * width + b % width + width * (b * 5 % 3));
  }
}

async function flips(tools, c, file, x, y) {
  const p = places(c), path = join(tools.folder, "flipped.onnx");
  const counts = new Map(), widths = new Map();
  const shapes = initializers(file, ".shape");
  for (const line of metadata(file, "resile.storage").trim().split("\n")) {
    const name = line.slice(line.indexOf(" ") + 1).split("\t").pop(), shape = shapes.get(name);
    widths.set(name, Number(line.match(/zero_points=int(\d+)/)?.[1]));
    let n = 1;
    for (let i = 0; i < shape.length; i += 8) n *= Number(shape.readBigInt64LE(i));
    counts.set(name, n);
  }
  const changed = async (change) => {
    const copy = Buffer.from(file);
    change(initializers(copy, ".bits"));
    writeFileSync(path, copy);
    return run(path, x);
  };
  let good = same(y, await changed((bits) => {
    for (const [name, n] of counts)
      for (let w = 0; w < n; w++)
        for (let i = 0; i < p.top; i++)
          flip(bits.get(name), p.address(w, n, i, (w * 7 + i) % 3));
    if (c.scales) flipScales(bits, widths);
  }));
  for (let k = 0; k < SINGLE_FLIPS; k++) {
    const [name, n] = [...counts][k % counts.size];
    const w = (k * 7919 + 5) % n, i = k % p.top;
    good &&= same(y, await changed((bits) => flip(bits.get(name), p.address(w, n, i, k % 3))));
  }
  const two = await changed((bits) => {
    for (const [name, n] of counts)
      for (const copy of [0, 2]) flip(bits.get(name), p.address(0, n, p.top - 1, copy));
  });
  good &&= !same(y, two);
  return good && difference(two, resile(tools, path, x.dims[0]).y) < 1e-5;
}

async function compare(tools, c, model, images) {
  const path = join(tools.folder, "q.onnx");
  const options = ["--bits", c.bits, "--protect", c.protect, "--layout", c.layout,
                   "--encoding", c.encoding ?? "affine", "--granularity",
                   c.granularity ?? "channel", "--protect-scales",
                   c.scales ?? "none"].map(String);
  execFileSync(tools.resile, ["quantize", model, ...options, "-o", path]);
  const { x, y: ours } = resile(tools, path, images);
  const theirs = await run(path, x);
  const expected = predictions(theirs, images);
  const agree = predictions(ours, images).filter((v, i) => v === expected[i]);
  let good = agree.length === images && difference(theirs, ours) < 1e-5;
  const voted = c.protect.startsWith("msb") || c.protect === "tmr";
  if (good && voted) good = await flips(tools, c, readFileSync(path), x, theirs);
  const scales = c.scales ? `; scales=/${c.scales}` : "";
  console.log(`${c.encoding ?? "affine"}${c.bits}/${c.protect}/${c.layout}${scales}`.padEnd(36) +
              `${agree.length} of ${images} predictions` +
              (voted ? ", flipped copies are voted out, two of three are not " : " ") +
              (good ? "ok" : "DIFFERS"));
  return good;
}

const [build, model = "cnn-small", images = "1000"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "stored-"));
const tools = { folder, resile: join(build, "resile"), run: join(build, "tests", "run_model"),
                x: join(folder, "x.npy"), y: join(folder, "y.npy") };
let bad = 0;
try {
  let file = model;
  if (!model.endsWith(".onnx")) {
    file = join(folder, "m.onnx");
    execFileSync(tools.resile, ["zoo", "build", model, "--seed", "1", "-o", file]);
  }
  for (const c of CASES) if (!(await compare(tools, c, file, Number(images)))) bad++;
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(bad ? 1 : 0);
