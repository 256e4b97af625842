/* What faults do against the memory that a storage takes, with the Pareto front; each network by
 * itself, and one that was stored in several files is still one: it has as many weights. */
const sizes = {
  bits: { text: 'everything stored', of: r => r.bits },
  scaled: { text: 'weights and their scales', of: r => r.weight_bits + r.scale_bits },
  weight_bits: { text: 'weights alone', of: r => r.weight_bits }
};

function memoryChart() {
  const groups = d3.nest().key(r => `${r.weights}\n${r.fault}\n${r.ber}`).entries(rows)
    .map(g => ({ rows: g.values.filter(r => known(r.drop) && r.bits > 0) }))
    .filter(g => new Set(g.rows.map(r => r.storage)).size > 1);
  if (!groups.length) return;
  const networks = new Set(groups.map(g => g.rows[0].weights)).size;
  groups.forEach((g, i) => {
    g.value = String(i);
    const models = Array.from(new Set(g.rows.map(r => data.models[r.store]))).join(', ');
    g.text = networks > 1 ? `${models}: ${pointText(g.rows[0])}` : pointText(g.rows[0]);
    /* Quartiles: one storage that is lost at once says little about the others. */
    const drops = g.rows.map(r => r.drop).sort(d3.ascending);
    g.spread = d3.quantile(drops, 0.75) - d3.quantile(drops, 0.25);
  });
  let group = groups.reduce((a, b) => (b.spread > a.spread ? b : a)), metric = 'drop', size = 'bits';
  const fig = newFigure('memory', 'Vulnerability against memory',
    'Each way of storing the parameters, by the memory it takes, redundancy included, and the harm that faults do. Dashed: the Pareto front, where less of one costs more of the other.');
  addSelect(fig, 'Fault', groups, v => { group = groups[+v]; draw(); }).property('value', group.value);
  addSelect(fig, 'Show', ['drop', 'sdc'].map(m => ({ value: m, text: metrics[m].title })), m => { metric = m; draw(); });
  addSelect(fig, 'Memory', Object.keys(sizes).map(s => ({ value: s, text: sizes[s].text })), s => { size = s; draw(); });

  function draw() {
    const height = fig.width < 520 ? 300 : 380, box = { left: 44, top: 28, bottom: height - 48, width: fig.width - 44 - 20 };
    const bits = sizes[size].of;
    const dots = group.rows.map(r => ({ r, v: valueOf(r, metric) })).filter(d => known(d.v.mean));
    const x = d3.scaleLinear().domain([0, d3.max(dots, d => bits(d.r)) * 1.12]).range([box.left, box.left + box.width]);
    const y = d3.scaleLinear().domain([Math.min(0, d3.min(dots, d => (known(d.v.low) ? d.v.low : d.v.mean))),
      d3.max(dots, d => (known(d.v.high) ? d.v.high : d.v.mean)) || 1]).nice().range([box.bottom, box.top]);
    const svg = fig.svg(height, `${metrics[metric].title} against memory, ${dots.length} ways of storing, ${group.text}`);
    axes(svg, x, y, box, { x: `memory, bits (${sizes[size].text})`, y: `${metrics[metric].title}, ${metrics[metric].unit}` });
    const front = [];
    dots.slice().sort((a, b) => bits(a.r) - bits(b.r) || a.v.mean - b.v.mean).forEach(d => {
      if (!front.length || d.v.mean < front[front.length - 1].v.mean) front.push(d);
    });
    svg.append('path').attr('class', 'front').attr('data-points', front.length)
      .attr('d', d3.line().x(d => x(bits(d.r))).y(d => y(d.v.mean)).curve(d3.curveStepAfter)(front));
    const points = dots.map(d => {
      const cx = x(bits(d.r)), cy = y(d.v.mean), c = color(d.r.style);
      if (known(d.v.low) && known(d.v.high))
        svg.append('path').attr('class', 'interval').style('stroke', c).attr('d', `M${cx},${y(d.v.low)}V${y(d.v.high)}`);
      const node = svg.append('path').attr('class', 'mark').attr('data-row', d.r.i).style('fill', c)
        .attr('transform', `translate(${cx},${cy})`).attr('d', symbol(d.r.style, 75)).node();
      return { x: cx, y: cy, node, name: d.r.name, c, top: known(d.v.high) ? y(d.v.high) : cy, bottom: known(d.v.low) ? y(d.v.low) : cy,
        text: `${d.r.name}\n${si(bits(d.r))} bits, ${plain(3)(bits(d.r) / d.r.weights)} per weight\n${metrics[metric].title} ${withInterval(d.v)} ${metrics[metric].unit}` };
    });
    if (points.length <= MANY) nameThem(svg, points, box);
    explore(fig, svg, points);
  }
  fig.start(draw);
}
