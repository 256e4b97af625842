/* Tables: sort, filter, copy; long ones a page at a time. What they show comes from the data: the
 * page holds the first rows only, for those who read it without scripts (page_tables.c). */
const PAGE = 200, SHORT = 24;

/* ---- columns: `of` is what is sorted by, null last; `show` the text, `small` what follows it ---- */

const words = of => ({ of, show: r => of(r) || '–' });
const number = (of, show, small) => ({ of, numeric: true, show: r => (known(of(r)) ? (show || percent)(of(r), r) : '–'), small });

function withEnds(metric) {
  const value = r => valueOf(r, metric);
  return number(r => value(r).mean, percent, r => intervalText(value(r)));
}

const firstColumns = (data.stores.length > 1 ? [words(r => data.stores[r.store])] : []).concat([
  words(r => r.storage),
  words(r => r.fault + (/^l/.test(r.sampling || '') ? ' (by layers)' : '')),
  number(r => r.ber, rateText)
]);

const tableColumns = {
  results: firstColumns.concat([
    number(r => r.trials, (n, r) => countText(n) + (r.reason ? '' : ' so far')),
    number(r => r.golden), withEnds('accuracy'), withEnds('drop'), withEnds('sdc'), withEnds('due'),
    number(r => 100 * r.masked)
  ]),
  cost: firstColumns.concat([
    number(r => r.bits_per_weight, plain(4)), number(r => r.weight_bits, countText), number(r => r.scale_bits, countText),
    number(r => r.bits, countText), number(r => r.time_ratio), number(r => r.p_drop, rateText),
    number(r => r.p_drop_bounded, rateText), number(r => r.rap)
  ]),
  votes: firstColumns.concat(['faults', 'changed', 'corrected', 'detected', 'missed'].map(key => number(r => r[key])))
};

function mapColumns(map) {
  return [
    words(c => map.layers[c.layer]), number(c => c.bit, String), number(c => c.trials, String), number(c => c.runs, String),
    number(c => 100 * c.sdc / c.runs, percent, c => intervalText({ low: 100 * c.low, high: 100 * c.high }))
  ];
}

/* ---- copying ---- */

function csvField(value) {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

const csvLine = fields => `${fields.map(csvField).join(',')}\n`;

/* Results with every value under its key. */
function csvOfResults(list) {
  const keys = Object.keys(data.columns).filter(k => k !== 'series');
  return csvLine(keys) + list.map(r => csvLine(keys.map(k => (k === 'store' ? data.stores[r.store] : r[k])))).join('');
}

function copyText(text, done) {
  const fallback = () => {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const ok = document.execCommand('copy');
    area.remove();
    done(ok);
  };
  if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(() => done(true), fallback);
  else fallback();
}

/* ---- a table and its tools ---- */

/* `records` under `columns`; csv(records) is what is copied. */
function enhance(table, records, columns, csv) {
  const body = table.tBodies[0], heads = Array.from(table.tHead.rows[0].cells), titles = heads.map(h => h.textContent);
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  let shown = records, texts = null, page = 0, sorted = -1, down = false;
  const box = document.createElement('div');
  box.className = 'tools';
  table.parentNode.before(box);
  const add = (tag, properties) => box.appendChild(Object.assign(document.createElement(tag), properties));
  const filter = add('input', { type: 'search', placeholder: 'Filter rows', hidden: records.length < 8 });
  filter.setAttribute('aria-label', `Filter rows: ${table.closest('section').querySelector('h2').textContent}`);
  const copy = add('button', { type: 'button', className: 'tool copy', textContent: 'Copy as CSV' });
  const previous = add('button', { type: 'button', className: 'tool', textContent: 'Previous' });
  const next = add('button', { type: 'button', className: 'tool', textContent: 'Next' });
  const count = add('span', { className: 'count' });
  count.setAttribute('role', 'status');

  function rowOf(record) {
    const tr = document.createElement('tr');
    if (record.i !== undefined) tr.dataset.row = record.i;
    columns.forEach(c => {
      const td = tr.insertCell(), small = c.small && c.small(record);
      td.textContent = small ? `${c.show(record)} ` : c.show(record);
      if (small) td.appendChild(document.createElement('small')).textContent = small;
    });
    return tr;
  }
  function show(everything) {
    const pages = Math.max(1, Math.ceil(shown.length / PAGE));
    page = Math.min(page, pages - 1);
    const from = page * PAGE, some = everything ? shown : shown.slice(from, from + PAGE);
    body.replaceChildren(...some.map(rowOf));
    previous.hidden = next.hidden = pages === 1;
    previous.disabled = page === 0;
    next.disabled = page === pages - 1;
    const range = pages > 1 && !everything ? `${from + 1}–${from + some.length} of ` : '';
    count.textContent = `${range}${countText(shown.length)} rows${shown.length < records.length ? ` (of ${countText(records.length)})` : ''}`;
  }
  function arrange() {
    const asked = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (asked.length && !texts)
      texts = new Map(records.map(r => [r, columns.map(c => c.show(r)).join(' ').toLowerCase()]));
    shown = records.filter(r => asked.every(w => texts.get(r).includes(w)));
    if (sorted >= 0) {
      const c = columns[sorted], sign = down ? -1 : 1;
      const keys = shown.map((r, i) => ({ r, i, key: c.of(r) }));
      const none = k => (c.numeric ? !known(k.key) : !k.key);
      keys.sort((a, b) => none(a) - none(b) || (none(a) ? 0 : sign * (c.numeric ? a.key - b.key : compare(a.key, b.key))) || a.i - b.i);
      shown = keys.map(k => k.r);
    }
    page = 0;
    show();
  }
  heads.forEach((th, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = titles[i];
    th.replaceChildren(button);
    button.addEventListener('click', () => {
      down = sorted === i && !down;
      sorted = i;
      heads.forEach((h, j) => (j === i ? h.setAttribute('aria-sort', down ? 'descending' : 'ascending') : h.removeAttribute('aria-sort')));
      arrange();
    });
  });
  let wait = 0;
  filter.addEventListener('input', () => { clearTimeout(wait); wait = setTimeout(arrange, 80); });
  table.csv = () => (csv ? csv(shown)
    : csvLine(titles) + shown.map(r => csvLine(columns.map(c => `${c.show(r)} ${(c.small && c.small(r)) || ''}`.trim()))).join(''));
  copy.addEventListener('click', () => copyText(table.csv(), ok => {
    copy.textContent = ok ? `Copied ${countText(shown.length)} rows` : 'Copying is not allowed here';
    setTimeout(() => { copy.textContent = 'Copy as CSV'; }, 2000);
  }));
  previous.addEventListener('click', () => { page--; show(); });
  next.addEventListener('click', () => { page++; show(); });
  addEventListener('beforeprint', () => show(true));
  addEventListener('afterprint', () => show());
  show();
}

/* A table that is whole in the page. */
function enhanceWhole(table, texts) {
  const records = Array.from(table.tBodies[0].rows, tr => Array.from(tr.cells, td => td.textContent.trim()));
  const columns = Array.from(table.tHead.rows[0].cells, (th, c) => (c < texts ? words(r => r[c])
    : { of: r => parseFloat(r[c].replace(/,/g, '')), numeric: true, show: r => r[c] }));
  enhance(table, records, columns);
}

function enhanceTables() {
  Object.keys(tableColumns).forEach(id => enhance(document.getElementById(id), rows, tableColumns[id], csvOfResults));
  data.maps.forEach(map => enhance(document.getElementById(`map-${map.row}`), unpackRows(map.cells, map.n), mapColumns(map)));
  const summary = document.getElementById('summary');
  if (summary && summary.tBodies[0].rows.length > SHORT) enhanceWhole(summary, 2);
}
