// ONNX Runtime's forward pass as a worker of forward.py: for each line `FILE BATCH SECONDS` on
// standard input, runs the ONNX file on random images and answers one line: the median pass in
// images per second. Threads: OMP_NUM_THREADS.
//
// onnxruntime-node is looked for in the folder BENCH_MODULES (made by `npm install` there).
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";

const require = createRequire(join(process.env.BENCH_MODULES, "package.json"));
const ort = require("onnxruntime-node");
const threads = Number(process.env.OMP_NUM_THREADS ?? 2);
const options = { intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: "sequential" };

let path = "", session = null;

async function measure(file, batch, seconds) {
  if (file !== path) {
    if (session) await session.release();
    session = await ort.InferenceSession.create(file, options);
    path = file;
  }
  const name = session.inputNames[0];
  const shape = session.inputMetadata[0].shape.map((d, i) => (i === 0 ? batch : Number(d)));
  const x = new Float32Array(shape.reduce((a, b) => a * b)).map(() => Math.random() * 2 - 1);
  const feeds = { [name]: new ort.Tensor("float32", x, shape) };
  const times = [];
  await session.run(feeds);
  await session.run(feeds);
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end || times.length < 3) {
    const start = performance.now();
    await session.run(feeds);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return (1000 * batch) / times[times.length >> 1];
}

console.log("onnxruntime " + require("onnxruntime-node/package.json").version);
for await (const line of createInterface({ input: process.stdin })) {
  const [file, batch, seconds] = line.split(" ");
  console.log(await measure(file, Number(batch), Number(seconds)));
}
