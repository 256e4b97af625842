// Compares the networks of the zoo with ONNX Runtime.
//
//   npm install --ignore-scripts          once; the CPU library is inside the package
//   node zoo_onnxruntime.mjs BUILD_FOLDER [NETWORK | FILE.onnx ...]
//
// For each network: `resile zoo build`, our output for noise images (run_model) against ONNX
// Runtime's for the same file and images, to 1e-5 of the largest output. Files are taken as they
// are, to 1e-4: those that `zoo_torch.py --keep` leaves have batch norms that amplify rounding.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import ort from "onnxruntime-node";

const TOLERANCE = { network: 1e-5, file: 1e-4 };

// A little-endian float32 .npy in C order.
function readNpy(path) {
  const file = readFileSync(path);
  const start = file[6] === 1 ? 10 : 12;
  const length = file[6] === 1 ? file.readUInt16LE(8) : file.readUInt32LE(8);
  const header = file.subarray(start, start + length).toString("latin1");
  if (!header.includes("'<f4'") || header.includes("True")) throw new Error(`${path}: ${header}`);
  const dims = header.match(/\(([^)]*)\)/)[1].split(",").filter((d) => d.trim()).map(Number);
  const bytes = file.subarray(start + length);
  const data = new Float32Array(bytes.length / 4);
  for (let i = 0; i < data.length; i++) data[i] = bytes.readFloatLE(4 * i);
  return { dims, data };
}

async function compare(build, name, folder) {
  const isFile = name.endsWith(".onnx");
  const model = isFile ? name : join(folder, "m.onnx");
  const input = join(folder, "x.npy"), output = join(folder, "y.npy");
  const make = ["zoo", "build", name, "--seed", "1", "-o", model];
  if (!isFile) execFileSync(join(build, "resile"), make);
  execFileSync(join(build, "tests", "run_model"), [model, "2", input, output]);
  const x = readNpy(input), ours = readNpy(output);
  const session = await ort.InferenceSession.create(model);
  const theirs = (await session.run({ input: new ort.Tensor("float32", x.data, x.dims) })).output;
  await session.release();
  let largest = 0, error = 0;
  for (let i = 0; i < theirs.data.length; i++) {
    largest = Math.max(largest, Math.abs(theirs.data[i]));
    error = Math.max(error, Math.abs(theirs.data[i] - ours.data[i]));
  }
  const allowed = TOLERANCE[isFile ? "file" : "network"] * largest;
  const good = theirs.data.length === ours.data.length && error <= allowed;
  const relative = (error / largest).toExponential(1);
  console.log(`${basename(name).padEnd(20)} [${ours.dims}] relative error ${relative} ` +
              (good ? "ok" : "DIFFERS"));
  return good;
}

const [build, ...given] = process.argv.slice(2);
const listed = () => JSON.parse(execFileSync(join(build, "resile"), ["zoo", "list", "--json"]));
const names = given.length ? given : listed().map((network) => network.name);
const folder = mkdtempSync(join(tmpdir(), "zoo-"));
let bad = 0;
try {
  for (const name of names) if (!(await compare(build, name, folder))) bad++;
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(bad ? 1 : 0);
