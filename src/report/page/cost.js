/* FORTUNE's P_drop and RAP: a panel for each rate, in it a line for each storage. Both are
 * proportional to the drop, and so are the ends of their intervals. */
const PANELS = 6, LINES = 60, ZERO = 30;

const perPoint = {
  p_drop: r => r.weight_bits ** 2 * data.drop_constant * r.ber / 100,
  rap: r => r.bits_per_weight / 8 * r.time_ratio
};

/* What explore measures time against. */
const isBase = r => r.protection === 'none' && r.bits_per_weight === 8 && /^symmetric8/.test(r.encoding);

function costCharts() {
  costChart('p-drop', 'Probability of an accuracy drop (P_drop)',
    `FORTUNE's number of drops to be expected in a device's life: bits\u00b2 \u00d7 C \u00d7 rate \u00d7 drop, with C = ${data.drop_constant}. It can exceed 1; 1 \u2212 exp(\u2212P_drop) is the probability of one drop or more.`,
    [{ key: 'p_drop', text: 'P_drop', log: true, of: perPoint.p_drop },
      { key: 'p_drop_bounded', text: '1 \u2212 exp(\u2212P_drop)', log: true, of: perPoint.p_drop, bound: p => -Math.expm1(-p) }]);
  costChart('rap', 'Reliability-aware performance (RAP)',
    'FORTUNE\u2019s drop in per cent \u00d7 memory \u00d7 time, both as ratios to the 8-bit network without protection; smaller is better.',
    [{ key: 'rap', text: 'RAP', log: false, of: perPoint.rap }]);
}

function costChart(kind, title, about, measures) {
  const groups = d3.nest().key(r => r.fault).entries(rows.filter(r => r.ber > 0 && known(r[measures[0].key])))
    .filter(g => g.values.some(r => r[measures[0].key] > 0));
  if (!groups.length) return;
  let group = groups[0], measure = measures[0], which = 'all', rates, choice = null;
  const fig = newFigure(kind, title, group.values.some(isBase) ? `${about} Dashed: the 8-bit network without protection.` : about);
  if (groups.length > 1)
    addSelect(fig, 'Fault', groups.map((g, i) => ({ value: String(i), text: g.key })), v => { group = groups[+v]; find(); draw(); });
  if (measures.length > 1)
    addSelect(fig, 'Show', measures.map((m, i) => ({ value: String(i), text: m.text })), v => { measure = measures[+v]; draw(); });

  function find() {
    rates = Array.from(new Set(group.values.map(r => r.ber))).sort(d3.ascending);
    which = 'all';
    if (choice) d3.select(choice.node().parentNode).remove();
    choice = rates.length < 2 ? null : addSelect(fig, 'Rate',
      [{ value: 'all', text: rates.length > PANELS ? `${PANELS} of ${rates.length}` : 'all' }].concat(rates.map(r => ({ value: String(r), text: rateText(r) }))),
      v => { which = v; draw(); });
  }

  /* Ends of the interval of a mean drop; one below 0 counts as 0. */
  function between(r) {
    const at = drop => (known(drop) ? (measure.bound || (p => p))(measure.of(r) * Math.max(0, drop)) : null);
    return { low: at(r.drop_low), high: at(r.drop_high) };
  }

  function some() {
    if (which !== 'all') return rates.filter(r => String(r) === which);
    if (rates.length <= PANELS) return rates;
    return d3.range(PANELS).map(i => rates[Math.round(i * (rates.length - 1) / (PANELS - 1))]);
  }

  function draw() {
    const lines = d3.nest().key(r => r.series).entries(group.values).map(s => s.values[0])
      .sort((a, b) => b.bits_per_weight - a.bits_per_weight || d3.ascending(a.name, b.name)).slice(0, LINES);
    const place = new Map(lines.map((r, i) => [r.series, i])), shown = some();
    const of = group.values.filter(r => place.has(r.series) && shown.includes(r.ber));
    const left = Math.min(fig.width * 0.4, 22 + BOLD * d3.max(lines, r => r.name.length)), fits = Math.floor((left - 18) / BOLD);
    const gap = 22, least = measure.log ? 120 : 100, room = fig.width - left - 20;
    const across = Math.max(1, Math.min(shown.length, Math.floor((room + gap) / (least + gap))));
    const down = Math.ceil(shown.length / across), columns = Math.ceil(shown.length / down);
    const wide = (room - gap * (columns - 1)) / columns, high = lines.length > 20 ? 17 : 21;
    const top = 26, below = 44, tall = top + high * lines.length + below;
    const svg = fig.svg(tall * down, `${measure.text} of ${lines.length} ways of storing at ${shown.length} rates; the values are in the table of memory, time, P_drop and RAP`);
    const x = scaleOf(of, wide), points = [];
    shown.forEach((rate, p) => {
      const g = svg.append('g').attr('class', 'panel').attr('data-rate', rate);
      const x0 = left + p % columns * (wide + gap), y0 = Math.floor(p / columns) * tall + top;
      panel(g, of.filter(r => r.ber === rate), { x, x0, y0, wide, high, tall: high * lines.length, place, rate }, points);
      if (p % columns === 0) lines.forEach((r, i) => {
        g.append('text').attr('x', left - 12).attr('y', y0 + (i + 0.5) * high + 4).attr('text-anchor', 'end')
          .attr('class', 'label').style('fill', color(r.style)).text(cut(r.name, fits)).append('title').text(r.name);
      });
    });
    explore(fig, svg, points);
  }

  /* Positions within a panel. On a log axis there is a place for 0 left of it. */
  function scaleOf(of, wide) {
    const ends = [].concat(...of.map(r => { const b = between(r); return [r[measure.key], b.high]; })).filter(v => known(v) && v > 0);
    if (!measure.log) return d3.scaleLinear().domain([0, d3.max(ends) || 1]).range([0, wide]).nice(3);
    const means = of.map(r => r[measure.key]).filter(v => v > 0);
    return d3.scaleLog().domain([(d3.min(means) || 1e-3) / 1.5, (d3.max(ends) || 1) * 1.2]).range([ZERO, wide]).nice();
  }

  function panel(g, of, at, points) {
    const { x, x0, y0, wide, high } = at, least = x.domain()[0], to = v => x0 + (measure.log && v < least ? 6 : x(v));
    const axis = g.append('g').attr('class', 'axis').attr('transform', `translate(${x0},${y0 + at.tall})`);
    const decades = measure.log ? Math.log10(x.domain()[1] / least) : 0, step = Math.max(1, Math.ceil(decades / ((wide - ZERO) / 40)));
    const first = Math.ceil(Math.log10(least) / step - 1e-9) * step, powers = d3.range(first, Math.log10(x.domain()[1]) + 1e-9, step).map(e => Number(`1e${e}`));
    axis.call((measure.log ? d3.axisBottom(x).tickValues(powers).tickFormat(decadeText) : d3.axisBottom(x).ticks(3).tickFormat(si)).tickSizeOuter(0));
    axis.attr('font-size', 11).attr('font-family', null);
    g.append('text').attr('class', 'muted').attr('x', x0 + wide / 2).attr('y', y0 - 10).attr('text-anchor', 'middle').text(`rate ${rateText(at.rate)}`);
    g.append('path').attr('class', 'rows').attr('d', d3.range(at.place.size).map(i => `M${x0},${y0 + (i + 0.5) * high}h${wide}`).join(''));
    if (measure.log && of.some(r => r[measure.key] === 0))
      g.append('text').attr('class', 'muted zero').attr('x', x0 + 6).attr('y', y0 + at.tall + 18).attr('text-anchor', 'middle').text('0');
    of.filter(isBase).forEach(r => g.append('path').attr('class', 'front').attr('d', `M${to(r[measure.key])},${y0}v${at.tall}`));
    of.forEach(r => {
      const v = r[measure.key], b = between(r), y = y0 + (at.place.get(r.series) + 0.5) * high, c = color(r.style);
      if (known(b.low) && known(b.high) && b.high > 0)
        g.append('path').attr('class', 'interval').style('stroke', c).attr('d', `M${to(b.low)},${y}H${to(Math.max(b.high, v))}`);
      const node = g.append('path').attr('class', 'mark').attr('data-row', r.i).style('fill', v === 0 && measure.log ? 'var(--bg)' : c)
        .style('stroke', v === 0 && measure.log ? c : null).attr('transform', `translate(${to(v)},${y})`).attr('d', symbol(r.style, 60)).node();
      points.push({ x: to(v), y, node,
        text: `${r.name}\nrate ${rateText(r.ber)}\n${measure.text} ${rateText(v)}${known(b.low) ? ` [${rateText(b.low)}, ${rateText(b.high)}]` : ''}\nAccuracy drop ${withInterval(valueOf(r, 'drop'))} points` });
    });
  }
  find();
  fig.start(draw);
}
