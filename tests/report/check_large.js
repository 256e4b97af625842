/* Runs at the end of a report of 10,000 rows (run.sh ... large): it is small, its tables are smooth,
 * and its columns, which are written in other forms than those of small ones, hold what the store
 * holds. Bounds are far above what is measured; of three times the best counts. */
(() => {
  'use strict';
  const wrong = [], loaded = performance.now() - window.began;
  const expected = JSON.parse(document.getElementById('expected').textContent);
  const check = (ok, what) => { if (!ok) wrong.push(what); };
  const best = work => Math.min(...[1, 2, 3].map(() => { const from = performance.now(); work(); return performance.now() - from; }));
  const table = document.getElementById('results'), shown = () => table.tBodies[0].rows;
  const say = [];
  const within = (ms, limit, what) => { say.push(`${what} ${ms.toFixed(0)} ms`); check(ms < limit, `${what}: ${ms} ms`); };

  try {
    check(rows.length === 10000 && expected.length === 10000, `${rows.length} rows`);
    expected.forEach((e, i) => Object.keys(data.columns).forEach(key => {
      if (key in e && key !== 'store' && !Object.is(rows[i][key], e[key])) wrong.length < 9 && wrong.push(`row ${i}, ${key}: ${rows[i][key]}, not ${e[key]}`);
    }));
    const forms = new Set(Object.values(data.columns).map(c => (Array.isArray(c) ? 'plain' : Object.keys(c)[0])));
    check(forms.has('all') && forms.has('of') && forms.has('f64'), `forms: ${[...forms]}`);
    check(size < 4e6, `${size} bytes`);
    check(without.results.length === 1000 && shown().length === 200, 'rows without scripts, and on a page');
    within(loaded, 15000, 'loading');
    Array.from(table.tHead.rows[0].cells).forEach(th =>
      within(best(() => th.querySelector('button').click()), 1000, `sorting by ${th.textContent}`));

    window.setTimeout = work => { work(); return 0; };
    const filter = table.closest('section').querySelector('input');
    const look = text => { filter.value = text; filter.dispatchEvent(new Event('input')); };
    within(best(() => look('group7 features.3')), 1500, 'filtering');
    check(shown().length === 100, `${shown().length} rows left`);
    look('');
    within(best(() => table.csv()), 3000, 'copying');
    check(table.csv().split('\n').length === 10002, 'lines copied');
    check(document.querySelectorAll('figure').length < 12, 'charts');
  } catch (e) { wrong.push(`${e.stack}`); }
  complaints.forEach(c => wrong.push(`console: ${c}`));
  const verdict = document.createElement('pre');
  verdict.id = 'verdict';
  verdict.textContent = wrong.length ? `failed:\n${wrong.join('\n')}\n` : `passed: ${size} bytes, ${say.join(', ')}\n`;
  document.body.append(verdict);
})();
