/* Runs at the end of a report (run.sh): compares it with #expected, and uses it as a reader would.
 * Writes "passed: N checks", or what is wrong, into #verdict. */
(async () => {
  'use strict';
  const expected = JSON.parse(document.getElementById('expected').textContent);
  const wrong = [];
  let checks = 0;
  const check = (ok, what) => { checks++; if (!ok) wrong.push(what); };
  const equal = (got, want, what) => check(Object.is(got, want), `${what}: ${got}, not ${want}`);
  const all = selector => Array.from(document.querySelectorAll(selector));
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const choose = (select, value) => { select.value = value; select.dispatchEvent(new Event('change')); };

  function values() {
    equal(rows.length, expected.length, 'rows');
    expected.forEach((e, i) => {
      let same = 0;
      Object.keys(e).forEach(key => {
        if (!(key in rows[i]) || key === 'store') return;
        equal(rows[i][key], e[key], `row ${i}, ${key}`);
        same++;
      });
      check(same > 40, `row ${i} has ${same} keys`);
      const text = document.querySelector(`#results tr[data-row="${i}"]`).textContent;
      const interval = (v, a, b) => `${v.toFixed(2)} [${a.toFixed(2)}, ${b.toFixed(2)}]`;
      check(text.includes(interval(e.accuracy, e.accuracy_low, e.accuracy_high)), `row ${i} shows ${text}`);
    });
    equal(data.drop_constant, 1.3301e-13, 'C of P_drop');
  }

  /* What the script writes is what the page has without it. */
  function withoutScripts() {
    equal(Object.keys(without).length, 5, 'tables');
    all('table').forEach(table => {
      const now = Array.from(table.tBodies[0].rows, tr => Array.from(tr.cells, td => td.textContent.trim()));
      equal(now.length, without[table.id].length, `rows of ${table.id}`);
      now.forEach((cells, i) => equal(cells.join('|'), without[table.id][i].join('|'), `${table.id}, row ${i}`));
    });
    check(without.cost.every(cells => /^(0|–|[\d.]+e-\d+)$/.test(cells[8])), 'P_drop in the table');
    /* C's rounding, also of halves. */
    [[0.125, '0.12'], [0.375, '0.38'], [85.625, '85.62'], [-0.125, '-0.12'], [1.005, '1.00'], [0.1 + 0.2, '0.30']]
      .forEach(([x, text]) => equal(percent(x), text, `percent(${x})`));
    [[1e-5, '1e-5'], [3.25e-7, '3.25e-7'], [0, '0'], [0.5, '0.5'], [1506.3, '1506'], [26647, '2.665e4'], [null, '–']]
      .forEach(([x, text]) => equal(rateText(x), text, `rateText(${x})`));
  }

  function charts() {
    const rated = expected.filter(e => e.ber > 0), kinds = new Set(rated.map(e => e.storage));
    equal(all('figure').length, 10, 'charts');
    equal(all('.by-rate .mark').length, rated.length, 'marks by rate');
    equal(all('.by-rate .series').length, kinds.size, 'series');
    equal(all('.by-rate .golden').length, kinds.size, 'golden lines');
    equal(all('.memory .mark').length, kinds.size, 'marks by memory');
    equal(Number(document.querySelector('.memory .front').dataset.points), 2, 'points on the front');
    equal(all('.p-drop .panel').length, 4, 'panels of P_drop');
    equal(all('.p-drop .mark').length, rated.length, 'marks of P_drop');
    equal(all('.p-drop .zero').length, rated.filter(e => e.p_drop === 0).length, 'drops below 0');
    equal(all('.rap .mark').length, rated.filter(e => e.rap !== null).length, 'marks of RAP');
    equal(all('.memory-bars rect.mark').length, 3 * kinds.size, 'bars of memory');
    equal(all('.time-bars rect.mark').length, 3, 'bars of time');
    equal(all('.map rect.mark').length, 20, 'cells');
    const layers = all('.map .layer title').map(t => t.textContent.slice(0, 9));
    equal(layers.join(' '), '<\/script> conv2 <script>w conv10', 'layers in the order of the network');
    equal(all('.votes rect.mark').length, 3 * 4, 'bars of votes');
    check(all('.course .band').length === 1 && all('.course .line').length === 1, 'course');
    all('figure > .plot > svg').forEach(svg => {
      equal(svg.getAttribute('role'), 'img', 'role');
      check(svg.getAttribute('aria-label').length > 10, 'label of a chart');
      check(!/NaN|Infinity|undefined/.test(svg.outerHTML), `numbers in ${svg.getAttribute('aria-label')}`);
    });
    /* Three marks of one series are on a line in (accuracy, height). */
    const mark = i => Number(/,([-\d.e]+)\)/.exec(document.querySelector(`.by-rate .mark[data-row="${i}"]`).getAttribute('transform'))[1]);
    const at = i => Number(/\(([-\d.e]+),/.exec(document.querySelector(`.p-drop .mark[data-row="${i}"]`).getAttribute('transform'))[1]);
    const better = (i, j) => Math.sign(at(i) - at(j)) === Math.sign(expected[i].p_drop - expected[j].p_drop);
    const high = expected.map((e, i) => i).filter(i => expected[i].ber === 1e-2);
    check(high.every(i => high.every(j => better(i, j))), 'order of P_drop');
    const [a, b, c] = [0, 2, 3].map(i => ({ y: mark(i), v: expected[i].accuracy }));
    check(Math.abs((a.y - b.y) * (a.v - c.v) - (a.y - c.y) * (a.v - b.v)) < 0.5, 'marks are to scale');
  }

  /* Names that differ in one place only still do when they are cut. */
  function cutting() {
    const mix = (a, b) => `affine8/tmr; conv2=${a}/msb/plane; fc1=affine6/msb/plane; fc2=${b}/msb/plane; fc3=affine2/none`;
    const long = [mix('affine5', 'affine7'), mix('affine4', 'affine7'), mix('affine5', 'affine3'), `${mix('affine5', 'affine7')}; fc4=f32`];
    allNames.push(...long);
    [20, 30, 60].forEach(n => {
      const short = long.map(name => cut(name, n));
      equal(new Set(short).size, long.length, `cut to ${n} letters, ${short.join(' | ')}`);
      check(short.every(name => name.length <= n), `at most ${n} letters`);
    });
    allNames.length -= long.length;
    equal(cut(long[3], 20), 'affine8/tm…; fc4=f32', 'both ends');
    equal(cut('\u{1f600}'.repeat(9), 4), '\u{1f600}\u{1f600}…\u{1f600}', 'whole letters');
  }

  function toggling() {
    const key = document.querySelector('.by-rate .legend button');
    const before = all('.by-rate .mark').length;
    equal(key.getAttribute('aria-pressed'), 'true', 'pressed');
    key.click();
    equal(key.getAttribute('aria-pressed'), 'false', 'pressed after a click');
    equal(all('.by-rate .mark').length, before - 4, 'marks without a series');
    key.click();
    equal(all('.by-rate .mark').length, before, 'marks again');
    const select = document.querySelector('.by-rate select');
    choose(select, 'sdc');
    check(document.querySelector('.by-rate h2').textContent.startsWith('SDC'), 'title of SDC');
    equal(all('.by-rate .golden').length, 0, 'golden lines of SDC');
    choose(select, 'accuracy');
    choose(document.querySelectorAll('.map select')[0], 'sdc');
    equal(all('.map rect.mark').length, 20, 'cells in another order');
    choose(document.querySelectorAll('.p-drop select')[1], '0.01');
    equal(all('.p-drop .panel').length, 1, 'panels of one rate');
    choose(document.querySelectorAll('.p-drop select')[0], '1');
    equal(all('.p-drop .mark').length, 4, 'probabilities at one rate');
    choose(document.querySelectorAll('.p-drop select')[1], 'all');
    choose(document.querySelectorAll('.memory select')[2], 'weight_bits');
    check(document.querySelector('.memory svg').textContent.includes('weights alone'), 'memory of weights');
  }

  function walking() {
    const svg = () => document.querySelector('.by-rate .plot svg');
    const press = key => svg().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    svg().focus();
    equal(document.activeElement, svg(), 'focus');
    press('ArrowRight');
    const tip = document.querySelector('.by-rate .tip');
    check(!tip.hidden && tip.textContent.includes(expected[0].accuracy.toFixed(2)), `tip: ${tip.textContent}`);
    equal(document.getElementById('live').textContent, tip.textContent, 'what is read aloud');
    const before = all('.by-rate .mark').length;
    press('+');
    check(all('.by-rate .mark').length < before, 'zoomed in');
    check(!document.querySelector('.by-rate .reset').hidden, 'a way back');
    press('Escape');
    equal(all('.by-rate .mark').length, before, 'whole range');
    const mark = document.querySelector('.by-rate .mark').getBoundingClientRect();
    svg().dispatchEvent(new MouseEvent('mousemove', { clientX: mark.x + 3, clientY: mark.y + 3, bubbles: true }));
    check(!tip.hidden, 'tip under the mouse');
  }

  async function tables() {
    const table = document.getElementById('results'), shown = () => Array.from(table.tBodies[0].rows);
    const head = Array.from(table.tHead.rows[0].cells).find(th => th.textContent.startsWith('Accuracy'));
    const column = head.cellIndex, numbers = () => shown().map(tr => parseFloat(tr.cells[column].textContent));
    const sorted = (list, sign) => list.every((v, i) => i === 0 || sign * (v - list[i - 1]) >= 0);
    head.querySelector('button').click();
    equal(head.getAttribute('aria-sort'), 'ascending', 'aria-sort');
    check(sorted(numbers(), 1), 'ascending');
    head.querySelector('button').click();
    equal(head.getAttribute('aria-sort'), 'descending', 'aria-sort');
    check(sorted(numbers(), -1), 'descending');
    equal(shown().length, expected.length, 'sorted rows');
    const filter = table.closest('section').querySelector('input');
    filter.value = 'msb 1e-3';
    filter.dispatchEvent(new Event('input'));
    await pause(300);
    equal(shown().length, 1, 'filtered rows');
    const csv = table.csv().split('\n');
    check(csv[0].startsWith('fault,ber,') && csv.length === 3, 'CSV');
    const row = expected.findIndex(e => e.storage === 'affine5/msb' && e.ber === 1e-3);
    check(csv[1].includes(String(expected[row].accuracy)), `CSV: ${csv[1]}`);
    filter.value = '';
    filter.dispatchEvent(new Event('input'));
    await pause(300);
    equal(shown().length, expected.length, 'all rows again');
  }

  /* Every chart as a file: whole XML with its own colours, and as many marks as on the page. */
  function saving() {
    const files = [], kept = { Blob: window.Blob, create: URL.createObjectURL, click: HTMLAnchorElement.prototype.click };
    window.Blob = function (parts) { this.text = parts.join(''); };
    URL.createObjectURL = blob => { files.push(blob); return 'blob:none'; };
    HTMLAnchorElement.prototype.click = function () { files[files.length - 1].title = this.download; };
    for (const figure of all('figure')) {
      figure.querySelector('.save').click();
      const file = files[files.length - 1], svg = new DOMParser().parseFromString(file.text, 'image/svg+xml');
      const name = figure.querySelector('h2').textContent;
      equal(svg.querySelectorAll('parsererror').length, 0, `${name}: XML`);
      equal(svg.documentElement.namespaceURI, 'http://www.w3.org/2000/svg', `${name}: namespace`);
      equal(svg.querySelectorAll('.mark').length, figure.querySelectorAll('.plot .mark').length, `${name}: marks saved`);
      equal(svg.querySelector('title').textContent, name, `${name}: title`);
      equal(svg.querySelectorAll('.brush, [tabindex], script').length, 0, `${name}: what only the page needs`);
      check(!Array.from(svg.querySelectorAll('.mark')).some(m => /var\(|fill:(;|$)/.test(m.getAttribute('style'))), `${name}: colours`);
      check(/^[a-z0-9-]+\.svg$/.test(file.title), `${name}: ${file.title}`);
    }
    equal(files.length, 10, 'files');
    window.Blob = kept.Blob;
    URL.createObjectURL = kept.create;
    HTMLAnchorElement.prototype.click = kept.click;
  }

  function harmless() {
    equal(window.harmed, undefined, 'a name of the store was run');
    equal(all('img, iframe, b b, i').length, 0, 'elements from names');
    check(document.getElementById('methods').textContent.includes('<i>kernel</i>'), 'names of kernels');
    check(all('.map text title').some(t => t.textContent === '<script>window.harmed = 1<\/script>'), 'names are shown');
    equal(performance.getEntriesByType('resource').length, 0, 'requests');
  }

  try {
    await pause(200);
    values();
    withoutScripts();
    charts();
    cutting();
    toggling();
    walking();
    saving();
    await tables();
    harmless();
  } catch (e) { wrong.push(`${e.stack}`); }
  complaints.forEach(c => wrong.push(`console: ${c}`));
  const verdict = document.createElement('pre');
  verdict.id = 'verdict';
  verdict.textContent = wrong.length ? `failed:\n${wrong.join('\n')}\n` : `passed: ${checks} checks\n`;
  document.body.append(verdict);
})();
