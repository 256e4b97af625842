/* Stacked bars: what became of runs, what protection noticed; memory and time of each storage. */
const BARS = 60;

/* One bar for each of `list`, {name, row}; parts are {key, text, fill, of(row)}. */
function drawBars(fig, list, parts, text) {
  const value = (r, p) => Math.max(0, p.of(r) || 0), total = r => d3.sum(parts, p => value(r, p));
  const fits = Math.max(9, Math.floor((fig.width * 0.4 - 12) / PLAIN)), longest = Math.min(fits, d3.max(list, l => l.name.length));
  const left = Math.max(70, 14 + PLAIN * longest), right = text.total ? text.room : 24;
  const high = 24, top = 8, height = top + high * list.length + 44, end = height - 44;
  const x = d3.scaleLinear().domain([0, text.most || d3.max(list, l => total(l.row)) || 1]).range([left, fig.width - right]);
  const svg = fig.svg(height, text.label), points = [];
  svg.append('g').attr('class', 'axis').attr('transform', `translate(0,${end})`)
    .call(d3.axisBottom(x).ticks(Math.max(2, Math.min(5, (fig.width - left - right) / 60))).tickFormat(text.format).tickSizeOuter(0))
    .attr('font-size', 12).attr('font-family', null);
  svg.append('text').attr('class', 'muted').attr('x', Math.max(0, Math.min(left, fig.width - PLAIN * text.x.length))).attr('y', height - 6).text(text.x);
  list.forEach(({ name, row }, i) => {
    let sum = 0;
    const y = top + i * high;
    svg.append('text').attr('x', left - 8).attr('y', y + high / 2 + 4).attr('text-anchor', 'end').text(cut(name, longest))
      .append('title').text(name);
    parts.forEach(p => {
      const v = value(row, p), from = x(sum), to = x(sum += v);
      const node = svg.append('rect').attr('class', 'mark').attr('data-part', p.key).attr('x', from).attr('y', y + 4).attr('width', Math.max(0, to - from))
        .attr('height', high - 8).style('fill', p.fill).style('stroke', 'none').node();
      if (v > 0) points.push({ x: (from + to) / 2, y: y + high / 2, node, text: `${text.of(row)}\n${p.text}: ${text.value(v)}` });
    });
    if (text.total) svg.append('text').attr('class', 'muted').attr('x', x(sum) + 6).attr('y', y + high / 2 + 4).text(text.total(row));
  });
  if (text.line) svg.append('path').attr('class', 'front').attr('d', `M${x(text.line)},${top}V${end}`);
  explore(fig, svg, points);
}

/* ---- of a series, a bar for each rate ---- */

function barsByRate(kind, title, about, of, parts, text) {
  const series = d3.nest().key(r => r.series).entries(of).map(s => ({ value: s.key, text: `${s.values[0].name}, ${s.values[0].fault}`, rows: s.values }));
  if (!series.length) return;
  let one = series[0];
  const fig = newFigure(kind, title, about);
  const draw = () => drawBars(fig, one.rows.slice(0, BARS).map(row => ({ row, name: known(row.ber) ? rateText(row.ber) : cut(row.fault, 12) })),
    parts, { ...text, label: `${title}: ${one.text}`, of: r => `${r.name}, ${pointText(r)}` });
  if (series.length > 1) addSelect(fig, 'Storage', series, v => { one = series.find(s => s.value === v); draw(); });
  addKeys(fig, parts);
  fig.start(draw);
}

function votesChart() {
  barsByRate('votes', 'What the protection noticed', 'Words per trial in which the reader corrected something, noticed what it could not correct, or missed a change. Two flips among three copies count as corrected and as missed.',
    rows.filter(r => r.protection !== 'none' && (r.corrected > 0 || r.detected > 0 || r.missed > 0)),
    [{ key: 'corrected', text: 'corrected', fill: 'var(--s2)', of: r => r.corrected },
      { key: 'detected', text: 'detected only', fill: 'var(--s1)', of: r => r.detected },
      { key: 'missed', text: 'missed', fill: 'var(--sdc)', of: r => r.missed }],
    { x: 'words per trial', format: si, room: 124, value: v => `${plain(4)(v)} words per trial`,
      total: r => { const n = r.corrected + r.detected + r.missed; return n > 0 ? `${percent(100 * r.corrected / n)} % corrected` : ''; } });
}

function outcomesChart() {
  barsByRate('outcomes', 'What became of the runs', 'Of all runs of an image with faults. Runs that are both SDC and DUE count as DUE here.',
    rows.filter(r => known(r.masked)),
    [{ key: 'masked', text: 'masked', fill: 'var(--masked)', of: r => r.masked },
      { key: 'tolerable', text: 'tolerable', fill: 'var(--tolerable)', of: r => r.tolerable },
      { key: 'sdc', text: 'SDC', fill: 'var(--sdc)', of: r => 1 - r.masked - r.tolerable - r.due },
      { key: 'due', text: 'DUE', fill: 'var(--due)', of: r => r.due }],
    { x: 'share of runs', format: d3.format('.0%'), most: 1, value: v => `${percent(100 * v)} % of runs` });
}

/* ---- a bar for each storage ---- */

function barsByStorage(kind, title, about, of, parts, text) {
  const list = d3.nest().key(r => `${r.store} ${r.storage}`).entries(of).map(s => ({ row: s.values[0], name: data.storages[s.values[0].series] }));
  if (list.length < 2) return;
  list.sort((a, b) => b.row.bits_per_weight - a.row.bits_per_weight || d3.ascending(a.name, b.name));
  const fig = newFigure(kind, title, about), shown = list.slice(0, BARS);
  if (parts.length > 1) addKeys(fig, parts);
  fig.start(() => drawBars(fig, shown, parts, { ...text, label: `${title}, ${shown.length} ways of storing`, of: r => r.storage }));
}

function storageCharts() {
  barsByStorage('memory-bars', 'Memory', 'Bits that each way of storing takes: the weights with their redundancy, their scales and zero points, and what stays as it is (biases, normalization).', rows,
    [{ key: 'weights', text: 'weights', fill: 'var(--s0)', of: r => r.weight_bits },
      { key: 'scales', text: 'scales and zero points', fill: 'var(--s1)', of: r => r.scale_bits },
      { key: 'others', text: 'other parameters', fill: 'var(--masked)', of: r => r.bits - r.weight_bits - r.scale_bits }],
    { x: 'bits', format: si, room: 112, value: v => `${countText(v)} bits`, total: r => `${plain(3)(r.bits / r.weights)} per weight` });
  barsByStorage('time-bars', 'Execution time', 'Time of a forward pass that reads its weights from each storage, as a ratio to the 8-bit network without protection (dashed).',
    rows.filter(r => known(r.time_ratio)),
    [{ key: 'time', text: 'time', fill: 'var(--s0)', of: r => r.time_ratio }],
    { x: 'time, ratio to 8 bits without protection', format: plain(3), room: 48, line: 1, value: v => plain(4)(v), total: r => percent(r.time_ratio) });
}
