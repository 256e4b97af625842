/* Runs at the end of a report of two networks (run.sh ... networks): what is stored in one is not
 * weighed against what is stored in the other, and told from it everywhere. */
(() => {
  'use strict';
  const wrong = [], all = selector => Array.from(document.querySelectorAll(selector));
  const expected = JSON.parse(document.getElementById('expected').textContent);
  const check = (ok, what) => { if (!ok) wrong.push(what); };
  try {
    const rated = expected.filter(e => e.ber > 0), kinds = new Set(rated.map(e => e.storage)).size;
    check(rows.length === 2 * expected.length, `${rows.length} rows`);
    const fault = document.querySelector('.memory select'), options = Array.from(fault.options);
    const first = options.filter(o => o.text.startsWith(`${data.models[0]}: `));
    const other = options.filter(o => o.text.startsWith('other.onnx: '));
    check(first.length > 0 && first.length === other.length && options.length === 2 * first.length,
      `choices: ${options.map(o => o.text).join('; ')}`);
    [first[0], other[0]].forEach((option, store) => {
      fault.value = option.value;
      fault.dispatchEvent(new Event('change'));
      const marks = all('.memory .mark').map(m => rows[m.dataset.row]);
      check(marks.length === kinds, `${marks.length} marks`);
      check(marks.every(r => r.store === store), 'marks of one network');
    });
    const texts = selector => all(selector).map(node => node.textContent.trim());
    const different = (list, n, what) => check(list.length === n && new Set(list).size === n, `${what}: ${list.join('; ')}`);
    different(texts('.by-rate .legend button'), 2 * kinds, 'keys');
    different(texts('.memory-bars text title'), 2 * kinds, 'bars');
    different(texts('#summary td:first-child'), 2 * kinds, 'at a glance');
    check(texts('.by-rate .legend button').filter(name => name.endsWith(', other.onnx')).length === kinds, 'names of the model');
    /* The map starts with the campaign of the most trials. */
    const campaign = document.querySelector('.map select');
    check(campaign.options.length === 2 && campaign.value === '1', `map: ${campaign.value} of ${campaign.options.length}`);
    check(rows[data.maps[1].row].trials > rows[data.maps[0].row].trials, 'trials of the maps');
  } catch (e) { wrong.push(`${e.stack}`); }
  complaints.forEach(c => wrong.push(`console: ${c}`));
  const verdict = document.createElement('pre');
  verdict.id = 'verdict';
  verdict.textContent = wrong.length ? `failed:\n${wrong.join('\n')}\n` : 'passed: two networks\n';
  document.body.append(verdict);
})();
