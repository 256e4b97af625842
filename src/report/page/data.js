/* The page's data (page_data.c): rows of results under the keys of `resile results --json`; how
 * numbers are written, as the tables without scripts have them; a colour for each storage.
 * Texts of the data are only ever set as text. */
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);

/* A column in one of the forms of columns.h. */
function unpack(column, n) {
  if (Array.isArray(column)) return column;
  if ('all' in column) return new Array(n).fill(column.all);
  if ('of' in column) return column.at.map(i => column.of[i]);
  const bytes = Uint8Array.from(atob(column.f64), c => c.charCodeAt(0));
  return Array.from(new Float64Array(bytes.buffer), v => (Number.isNaN(v) ? null : v));
}

function unpackRows(columns, n) {
  const keys = Object.keys(columns), values = keys.map(key => unpack(columns[key], n));
  return d3.range(n).map(i => {
    const row = { i };
    keys.forEach((key, c) => { row[key] = values[c][i]; });
    return row;
  });
}

const rows = unpackRows(data.columns, data.n);
const COLORS = 8, SYMBOLS = [d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond];
const MANY = 24;

/* A storage has one colour and one symbol in all charts. */
const styles = new Map();
rows.forEach(r => {
  r.name = data.series[r.series];
  if (!styles.has(r.name)) styles.set(r.name, styles.size);
  r.style = styles.get(r.name);
});
const color = i => `var(--s${i % COLORS})`;
const symbol = (i, size) => d3.symbol().type(SYMBOLS[Math.floor(i / COLORS + i) % SYMBOLS.length]).size(size || 55)();

const metrics = {
  accuracy: { title: 'Accuracy', unit: '%', scale: 1 },
  drop: { title: 'Accuracy drop', unit: 'points', scale: 1 },
  sdc: { title: 'SDC', unit: '% of runs', scale: 100 },
  due: { title: 'DUE', unit: '% of runs', scale: 100 }
};

const known = x => x !== null && x !== undefined && isFinite(x);
const si = d3.format('.4~s');
const plain = digits => x => (known(x) ? String(Number(x.toPrecision(digits))) : '–');
const countText = x => (known(x) ? x.toLocaleString('en-US') : '–');

/* As C's %.2f: of two equally near, the even one, where toFixed takes the larger. */
function percent(x) {
  const eighths = x * 8;
  if (Object.is(x, -0)) return '-0.00';
  if (Number.isInteger(eighths) && (Math.abs(eighths) & 3) === 1) return (Math.trunc(x * 100) / 100).toFixed(2);
  return x.toFixed(2);
}

function rateText(x) {
  if (!known(x)) return '–';
  if (x === 0 || (Math.abs(x) >= 0.1 && Math.abs(x) < 1e4)) return plain(4)(x);
  return x.toExponential(3).replace(/\.?0*e\+?/, 'e');
}

function superscript(n) {
  return String(n).replace('-', '\u207b').replace(/\d/g, d => '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079'[d]);
}

function valueOf(row, metric) {
  const scale = metrics[metric].scale, at = key => (known(row[key]) ? row[key] * scale : null);
  return { mean: at(metric), low: at(metric + '_low'), high: at(metric + '_high') };
}

function intervalText(v) {
  return known(v.low) && known(v.high) ? `[${percent(v.low)}, ${percent(v.high)}]` : '';
}

function withInterval(v) {
  return `${percent(v.mean)} ${intervalText(v)}`.trim();
}

function pointText(r) {
  return known(r.ber) ? `${r.fault} at ${rateText(r.ber)}` : r.fault;
}
