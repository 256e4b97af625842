/* Accuracy, drop, SDC and DUE against the error rate: a line per series, with intervals. */
const SHOWN_OF_MANY = 12, MARKS = 3000;

function seriesOf(of) {
  return d3.nest().key(r => r.series).entries(of).map(s => ({
    id: s.key, i: s.values[0].style, name: s.values[0].name, golden: s.values[0].golden,
    rows: s.values.slice().sort((a, b) => a.ber - b.ber)
  }));
}

/* One chart for each of a few faults; for many faults one, in which to choose. */
function rateCharts() {
  const faults = d3.nest().key(r => r.fault).entries(rows.filter(r => r.ber > 0 && (known(r.drop) || known(r.sdc))));
  if (faults.length > 4) rateChart(faults);
  else faults.forEach(f => rateChart([f]));
}

function rateChart(faults) {
  let metric = 'accuracy', fault, of, series, hidden, whole, zoom, keys;
  const fig = newFigure('by-rate', '',
    'Means with their intervals. Dotted: without faults. Drag across the plot to zoom in; click a series to hide it.');

  if (faults.length > 1)
    addSelect(fig, 'Fault', faults.map((f, i) => ({ value: String(i), text: f.key })), v => { choose(faults[+v]); draw(); });
  addSelect(fig, 'Show', Object.keys(metrics).map(m => ({ value: m, text: `${metrics[m].title}, ${metrics[m].unit}` })),
    m => { metric = m; draw(); });
  const reset = fig.controls.insert('button', '.save').attr('class', 'tool reset').attr('type', 'button').attr('hidden', '')
    .text('Whole range').on('click', () => { zoom = null; draw(); });
  const all = fig.controls.insert('button', '.save').attr('class', 'tool all').attr('type', 'button')
    .on('click', () => {
      const on = hidden.size > 0;
      hidden.clear();
      if (!on) series.forEach(s => hidden.add(s.id));
      draw();
    });

  function choose(f) {
    fault = f.key;
    of = f.values;
    series = seriesOf(of);
    hidden = new Set(series.length > MANY ? series.slice(SHOWN_OF_MANY).map(s => s.id) : []);
    const [least, most] = d3.extent(of, r => r.ber);
    whole = least === most ? [least / 3, most * 3] : [least, most];
    zoom = null;
    fig.legend.attr('hidden', null).selectAll('button').remove();
    keys = fig.legend.selectAll('button').data(series).enter().append('button').attr('type', 'button')
      .on('click', s => { if (!hidden.delete(s.id)) hidden.add(s.id); draw(); });
    keys.append('svg').attr('width', 14).attr('height', 14).attr('aria-hidden', true).append('path')
      .attr('transform', 'translate(7,7)').attr('d', s => symbol(s.i, 70)).style('fill', s => color(s.i));
    keys.append('span').text(s => s.name);
    all.attr('hidden', series.length < 3 ? '' : null);
  }

  function draw() {
    const shown = series.filter(s => !hidden.has(s.id)), domain = zoom || whole;
    fig.figure.select('h2').text(`${metrics[metric].title} against error rate${fault === 'ber' ? '' : `: ${fault}`}`);
    keys.attr('aria-pressed', s => !hidden.has(s.id));
    reset.attr('hidden', zoom ? null : '');
    all.text(hidden.size ? 'All series' : 'No series');
    const direct = fig.width >= 620 && shown.length <= MANY;
    const height = fig.width < 520 ? 300 : 400, widest = d3.max(series, s => s.name.length);
    const right = direct ? Math.min(230, 16 + widest * BOLD) : 14;
    const box = { left: 44, top: 28, bottom: height - 48, width: fig.width - 44 - right };
    const inside = r => r.ber >= domain[0] * 0.999999 && r.ber <= domain[1] * 1.000001;
    const x = d3.scaleLog().domain(domain).range([box.left + 6, box.left + box.width - 6]);
    const values = [];
    shown.forEach(s => s.rows.filter(inside).forEach(r => {
      const v = valueOf(r, metric);
      [v.mean, v.low, v.high].forEach(n => { if (known(n)) values.push(n); });
      if (metric === 'accuracy' && known(r.golden)) values.push(r.golden);
    }));
    if (metric !== 'accuracy') values.push(0);
    const y = d3.scaleLinear().domain(values.length > 1 && d3.min(values) < d3.max(values) ? d3.extent(values) : [0, 100]).nice()
      .range([box.bottom, box.top]);
    const svg = fig.svg(height, `${metrics[metric].title} against error rate, ${shown.length} series; the values are in the table of results`);
    axes(svg, x, y, box, { x: 'error rate', y: `${metrics[metric].title}, ${metrics[metric].unit}`, rate: true });
    const brush = svg.append('g').attr('class', 'brush');
    const points = [], labels = [], marks = d3.sum(shown, s => s.rows.length) <= MARKS;
    shown.forEach(s => drawSeries(svg, s, s.rows.filter(inside), { x, y, box, marks }, points, labels));
    if (direct) spread(labels, 15, box.top, box.bottom).forEach(l => {
      svg.append('text').attr('class', 'label').attr('x', box.left + box.width + 8).attr('y', l.at + 4)
        .style('fill', color(l.s.i)).text(cut(l.s.name, Math.floor((right - 14) / BOLD)));
    });
    zooming(svg, brush, box, x, domain, explore(fig, svg, points));
  }

  function drawSeries(svg, s, some, at, points, labels) {
    const g = svg.append('g').attr('class', 'series').attr('data-series', s.id), { x, y, box } = at;
    const dots = some.map(r => ({ r, v: valueOf(r, metric) })).filter(d => known(d.v.mean));
    if (!dots.length) return;
    if (metric === 'accuracy' && known(s.golden))
      g.append('path').attr('class', 'golden').style('stroke', color(s.i))
        .attr('d', `M${box.left},${y(s.golden)}H${box.left + box.width}`);
    g.append('path').attr('class', 'interval').style('stroke', color(s.i)).attr('d', dots.filter(d => known(d.v.low) && known(d.v.high))
      .map(d => { const c = x(d.r.ber); return `M${c},${y(d.v.low)}V${y(d.v.high)}M${c - 3},${y(d.v.low)}h6M${c - 3},${y(d.v.high)}h6`; }).join(''));
    g.append('path').attr('class', 'line').style('stroke', color(s.i))
      .attr('d', d3.line().x(d => x(d.r.ber)).y(d => y(d.v.mean))(dots));
    dots.forEach(d => {
      const p = { x: x(d.r.ber), y: y(d.v.mean), ber: d.r.ber,
        text: `${s.name}\nrate ${rateText(d.r.ber)}\n${metrics[metric].title} ${withInterval(d.v)} ${metrics[metric].unit}\n${countText(d.r.trials)} trials` };
      if (at.marks)
        p.node = g.append('path').attr('class', 'mark').attr('data-row', d.r.i).style('fill', color(s.i))
          .attr('transform', `translate(${p.x},${p.y})`).attr('d', symbol(s.i)).node();
      points.push(p);
    });
    labels.push({ y: y(dots[dots.length - 1].v.mean), s });
  }

  function zooming(svg, brush, box, x, domain, seen) {
    if (matchMedia('(pointer: fine)').matches)
      brush.call(d3.brushX().extent([[box.left, box.top], [box.left + box.width, box.bottom]]).on('end', () => {
        if (d3.event.selection) zoomTo(...d3.event.selection.map(x.invert));
      }));
    svg.on('keydown.zoom', () => {
      const key = d3.event.key, p = seen.point(), middle = p ? p.ber : Math.sqrt(domain[0] * domain[1]);
      if (key === '+' || key === '-') {
        const half = Math.sqrt(domain[1] / domain[0]) ** (key === '+' ? 0.5 : 2);
        zoomTo(Math.max(whole[0], middle / half), Math.min(whole[1], middle * half));
      } else if (key === '0' || key === 'Escape') { zoom = null; draw(); }
      else return;
      fig.plot.select('svg').node().focus();
    });
  }

  function zoomTo(a, b) {
    if (b / a < 1.02 || !of.some(r => r.ber >= a && r.ber <= b)) return;
    zoom = a <= whole[0] && b >= whole[1] ? null : [a, b];
    draw();
  }

  choose(faults[0]);
  fig.start(draw);
}
