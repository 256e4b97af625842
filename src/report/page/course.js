/* Convergence: the estimate and its interval as trials came. */
function courseChart() {
  const courses = data.courses.filter(c => c.n > 2);
  if (!courses.length) return;
  let course = courses.reduce((a, b) => (rows[b.row].trials > rows[a.row].trials ? b : a)), metric = 'drop';
  const fig = newFigure('course', 'Convergence',
    'The estimate and its interval as trials came. It should settle, and the band should close on it.');
  addSelect(fig, 'Point', courses.map((c, i) => ({ value: String(i), text: `${rows[c.row].name}, ${pointText(rows[c.row])}` })),
    v => { course = courses[+v]; draw(); }).property('value', String(courses.indexOf(course)));
  addSelect(fig, 'Show', ['drop', 'sdc'].map(m => ({ value: m, text: metrics[m].title })), m => { metric = m; draw(); });

  function draw() {
    const row = rows[course.row], height = fig.width < 520 ? 260 : 300;
    const box = { left: 44, top: 28, bottom: height - 48, width: fig.width - 44 - 84 };
    const steps = unpackRows(course.steps, course.n).map(s => ({ n: s.trials, ...valueOf(s, metric) })).filter(s => known(s.mean));
    const svg = fig.svg(height, `${metrics[metric].title} of ${row.name} over ${row.trials} trials`);
    if (steps.length < 2) return;
    const x = d3.scaleLog().domain(d3.extent(steps, s => s.n)).range([box.left + 4, box.left + box.width]);
    /* The first intervals span everything; the plot is about the later ones. */
    const late = steps.filter(s => s.n >= Math.min(5, steps[steps.length - 1].n));
    const ends = [].concat(...late.map(s => [s.mean, s.low, s.high])).filter(known);
    const y = d3.scaleLinear().domain(d3.extent(ends)).nice().range([box.bottom, box.top]).clamp(true);
    axes(svg, x, y, box, { x: 'trials', y: `${metrics[metric].title}, ${metrics[metric].unit}` });
    const band = steps.filter(s => known(s.low) && known(s.high));
    svg.append('path').attr('class', 'band').style('fill', color(0)).attr('d', d3.area().x(s => x(s.n)).y0(s => y(s.low)).y1(s => y(s.high))(band));
    svg.append('path').attr('class', 'line').style('stroke', color(0)).attr('d', d3.line().x(s => x(s.n)).y(s => y(s.mean))(steps));
    const last = steps[steps.length - 1], side = box.left + box.width + 8;
    svg.append('text').attr('class', 'label').attr('x', side).attr('y', y(last.mean) + 4).style('fill', color(0)).text(percent(last.mean));
    if (known(last.low) && known(last.high) && y(last.low) - y(last.high) > 24)
      [last.low, last.high].forEach(v => svg.append('text').attr('class', 'muted').attr('x', side).attr('y', y(v) + 4).text(percent(v)));
    explore(fig, svg, steps.map(s => ({ x: x(s.n), y: y(s.mean), text: `${s.n} trials\n${metrics[metric].title} ${withInterval(s)} ${metrics[metric].unit}` })));
  }
  fig.start(draw);
}
