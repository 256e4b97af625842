/* The page's charts and what its tables do. Reads #data (page_data.c), draws with D3 into #charts;
 * every chart is left out when there is nothing for it. Texts of the data are only ever set as text. */
(function () {
  'use strict';

  const data = JSON.parse(document.getElementById('data').textContent);
  const rows = data.rows.map((values, i) => {
    const row = { i };
    data.columns.forEach((key, c) => { row[key] = values[c]; });
    row.name = data.series[row.series];
    return row;
  });
  const metrics = {
    accuracy: { title: 'Accuracy', unit: '%', scale: 1 },
    drop: { title: 'Accuracy drop', unit: 'points', scale: 1 },
    sdc: { title: 'SDC', unit: '% of runs', scale: 100 },
    due: { title: 'DUE', unit: '% of runs', scale: 100 }
  };
  const COLORS = 8, SYMBOLS = [d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond];
  const MANY = 24, SHOWN_OF_MANY = 12, MARKS = 3000;

  /* A storage has one colour and one symbol in all charts. */
  const styles = new Map();
  rows.forEach(r => { if (!styles.has(r.name)) styles.set(r.name, styles.size); r.style = styles.get(r.name); });
  const color = i => `var(--s${i % COLORS})`;
  const symbol = (i, size) => d3.symbol().type(SYMBOLS[Math.floor(i / COLORS + i) % SYMBOLS.length]).size(size || 55)();
  const known = x => x !== null && x !== undefined && isFinite(x);
  const percent = d3.format('.2f');
  const si = d3.format('.4~s');
  const rateText = x => (known(x) ? x.toExponential().replace('+', '') : '–');
  const superscript = n => String(n).replace('-', '\u207b').replace(/\d/g, d => '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079'[d]);
  const live = document.getElementById('live');

  function valueOf(row, metric) {
    const scale = metrics[metric].scale, at = key => (known(row[key]) ? row[key] * scale : null);
    return { mean: at(metric), low: at(metric + '_low'), high: at(metric + '_high') };
  }

  function withInterval(v) {
    return `${percent(v.mean)}${known(v.low) && known(v.high) ? ` [${percent(v.low)}, ${percent(v.high)}]` : ''}`;
  }

  /* ---- figures: heading, controls, plot, tip, saving; redrawn when the width changes ---- */

  let figures = 0;

  function newFigure(kind, title, about) {
    const id = `chart-${++figures}`;
    const figure = d3.select('#charts').append('figure').attr('class', kind).attr('aria-labelledby', id);
    figure.append('h2').attr('id', id).text(title);
    figure.append('p').attr('class', 'about').text(about);
    const controls = figure.append('div').attr('class', 'controls');
    const legend = figure.append('div').attr('class', 'legend').attr('role', 'group').attr('aria-label', 'Series').attr('hidden', '');
    const plot = figure.append('div').attr('class', 'plot');
    const tip = figure.append('div').attr('class', 'tip').attr('hidden', '');
    const self = { figure, controls, legend, plot, tip, title, width: 0, draw: () => {} };
    self.save = controls.append('button').attr('class', 'tool save').attr('type', 'button').text('Save as SVG')
      .on('click', () => saveSvg(plot.select('svg').node(), title));
    self.svg = (height, label) => {
      plot.selectAll('svg').remove();
      return plot.append('svg').attr('viewBox', `0 0 ${self.width} ${height}`).attr('width', self.width).attr('height', height)
        .attr('role', 'img').attr('aria-label', label);
    };
    self.start = draw => {
      self.draw = draw;
      const redraw = () => {
        const width = Math.max(280, Math.round(plot.node().clientWidth));
        if (width !== self.width) { self.width = width; draw(); }
      };
      redraw();
      if (window.ResizeObserver) new ResizeObserver(() => requestAnimationFrame(redraw)).observe(plot.node());
    };
    return self;
  }

  function addSelect(fig, label, options, onChange) {
    const box = fig.controls.insert('label', '.save').text(`${label} `);
    const select = box.append('select').on('change', function () { onChange(this.value); });
    select.selectAll('option').data(options).enter().append('option').attr('value', d => d.value).text(d => d.text);
    return select;
  }

  function showTip(fig, x, y, text) {
    const plot = fig.plot.node(), tip = fig.tip.node(), scale = plot.clientWidth / fig.width || 1;
    fig.tip.attr('hidden', null).text(text);
    const left = Math.min(x * scale + 12, plot.clientWidth - tip.offsetWidth);
    const above = y * scale - tip.offsetHeight - 10;
    fig.tip.style('left', `${Math.max(0, left)}px`)
      .style('top', `${plot.offsetTop + (above > -40 ? above : y * scale + 14)}px`);
  }

  function hideTip(fig) { fig.tip.attr('hidden', ''); }

  /* Hover shows the nearest of `points` ({x, y, text, node}); arrow keys walk through them. */
  function explore(fig, svg, points) {
    let at = -1;
    const go = (i, say) => {
      if (at >= 0 && points[at].node) points[at].node.classList.remove('here');
      at = i;
      if (i < 0) { hideTip(fig); return; }
      if (points[i].node) points[i].node.classList.add('here');
      showTip(fig, points[i].x, points[i].y, points[i].text);
      if (say) live.textContent = points[i].text;
    };
    svg.attr('tabindex', 0).attr('aria-description', 'Arrow keys read the values');
    svg.on('mousemove touchstart', function () {
      const [x, y] = d3.mouse(this);
      let best = -1, least = 40 * 40;
      points.forEach((p, i) => {
        const d = (p.x - x) ** 2 + (p.y - y) ** 2;
        if (d < least) { least = d; best = i; }
      });
      if (best !== at) go(best, false);
    }).on('mouseleave blur', () => go(-1, false)).on('keydown.walk', () => {
      const key = d3.event.key, n = points.length;
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
      if (!step || !n) return;
      d3.event.preventDefault();
      go(at < 0 ? 0 : (at + step + n) % n, true);
    });
    return { point: () => (at < 0 ? null : points[at]) };
  }

  /* The drawing with its computed styles, so that it looks the same elsewhere. */
  function saveSvg(svg, title) {
    const copy = svg.cloneNode(true), from = svg.querySelectorAll('*'), to = copy.querySelectorAll('*');
    const keep = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray',
      'stroke-linejoin', 'opacity', 'font-family', 'font-size', 'font-weight', 'text-anchor', 'display'];
    [svg, ...from].forEach((node, i) => {
      const style = getComputedStyle(node), target = i ? to[i - 1] : copy;
      target.setAttribute('style', keep.map(k => `${k}:${style.getPropertyValue(k)}`).join(';'));
    });
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    copy.querySelectorAll('.brush, .reset').forEach(n => n.remove());
    const back = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    back.setAttribute('width', '100%');
    back.setAttribute('height', '100%');
    back.setAttribute('fill', getComputedStyle(document.body).backgroundColor);
    copy.insertBefore(back, copy.firstChild);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' }));
    link.download = `${title.replace(/[^a-z0-9]+/gi, '-').toLowerCase().replace(/^-|-$/g, '')}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function axes(svg, x, y, box, text) {
    const log = !!x.base, decade = d => Math.abs(Math.log10(d) - Math.round(Math.log10(d))) < 1e-9;
    const wide = log && x.domain()[1] / x.domain()[0] >= 30;
    const ticks = d3.axisBottom(x).tickSizeOuter(0);
    if (log && text.rate) ticks.tickFormat(d => (wide ? (decade(d) ? `10${superscript(Math.round(Math.log10(d)))}` : '') : rateText(d)));
    else if (log) ticks.ticks(5, '~s');
    else ticks.ticks(Math.max(2, box.width / 110)).tickFormat(si);
    if (log && !wide && text.rate) ticks.ticks(3);
    svg.append('g').attr('class', 'grid').attr('transform', `translate(${box.left},0)`)
      .call(d3.axisLeft(y).ticks(5).tickSize(-box.width).tickFormat(''));
    svg.append('g').attr('class', 'axis').attr('transform', `translate(0,${box.bottom})`).call(ticks);
    const left = svg.append('g').attr('class', 'axis').attr('transform', `translate(${box.left},0)`)
      .call(d3.axisLeft(y).ticks(5).tickSize(0).tickPadding(8));
    left.select('.domain').remove();
    svg.selectAll('.axis').attr('font-size', 12).attr('font-family', null);
    svg.append('text').attr('class', 'muted').attr('x', box.left + box.width / 2).attr('y', box.bottom + 40)
      .attr('text-anchor', 'middle').text(text.x);
    svg.append('text').attr('class', 'muted').attr('x', 0).attr('y', 12).text(text.y);
  }

  /* Pushes labels apart, in the order of y; those that do not fit are not shown. */
  function spread(labels, gap, top, bottom) {
    labels.sort((a, b) => a.y - b.y);
    let last = top - gap;
    labels.forEach(l => { last = l.at = Math.max(l.y, last + gap); });
    for (let i = labels.length - 1, limit = bottom; i >= 0; i--, limit -= gap) {
      if (labels[i].at <= limit) break;
      labels[i].at = limit;
    }
    return labels.filter(l => l.at >= top - gap);
  }

  /* ---- accuracy and the rest against the rate ---- */

  function rateChart(fault, of) {
    const fig = newFigure('by-rate', `Accuracy against error rate${fault === 'ber' ? '' : `: ${fault}`}`,
      'Means with their intervals. Dotted: without faults. Drag across the plot to zoom in; click a series to hide it.');
    const series = d3.nest().key(r => r.series).entries(of).map(s => ({
      id: s.key, i: s.values[0].style, name: s.values[0].name, golden: s.values[0].golden,
      rows: s.values.slice().sort((a, b) => a.ber - b.ber)
    }));
    const hidden = new Set(series.length > MANY ? series.slice(SHOWN_OF_MANY).map(s => s.id) : []);
    const extent = d3.extent(of, r => r.ber), whole = extent[0] === extent[1] ? [extent[0] / 3, extent[1] * 3] : extent;
    let metric = 'accuracy', zoom = null, widest = 0;
    series.forEach(s => { widest = Math.max(widest, s.name.length); });

    addSelect(fig, 'Show', Object.keys(metrics).map(m => ({ value: m, text: `${metrics[m].title}, ${metrics[m].unit}` })), m => {
      metric = m;
      fig.figure.select('h2').text(`${metrics[m].title} against error rate${fault === 'ber' ? '' : `: ${fault}`}`);
      draw();
    });
    const reset = fig.controls.insert('button', '.save').attr('class', 'tool reset').attr('type', 'button').attr('hidden', '')
      .text('Whole range').on('click', () => { zoom = null; draw(); });
    const all = fig.controls.insert('button', '.save').attr('class', 'tool all').attr('type', 'button')
      .text('All series').on('click', () => {
        const on = hidden.size > 0;
        hidden.clear();
        if (!on) series.forEach(s => hidden.add(s.id));
        draw();
      });
    if (series.length < 3) all.remove();
    const keys = fig.legend.attr('hidden', null).selectAll('button').data(series).enter().append('button').attr('type', 'button')
      .on('click', s => { if (!hidden.delete(s.id)) hidden.add(s.id); draw(); });
    keys.append('svg').attr('width', 14).attr('height', 14).attr('aria-hidden', true).append('path')
      .attr('transform', 'translate(7,7)').attr('d', s => symbol(s.i, 70)).style('fill', s => color(s.i));
    keys.append('span').text(s => s.name);

    function draw() {
      const shown = series.filter(s => !hidden.has(s.id)), domain = zoom || whole;
      keys.attr('aria-pressed', s => !hidden.has(s.id));
      reset.attr('hidden', zoom ? null : '');
      all.text(hidden.size ? 'All series' : 'No series');
      const direct = fig.width >= 620 && shown.length <= MANY;
      const height = fig.width < 520 ? 300 : 400, right = direct ? Math.min(220, 20 + widest * 7) : 14;
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
      const points = [], labels = [];
      const many = d3.sum(shown, s => s.rows.length) > MARKS;
      shown.forEach(s => {
        const g = svg.append('g').attr('class', 'series').attr('data-series', s.id);
        const dots = s.rows.filter(inside).map(r => ({ r, v: valueOf(r, metric) })).filter(d => known(d.v.mean));
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
            text: `${s.name}\nrate ${rateText(d.r.ber)}\n${metrics[metric].title} ${withInterval(d.v)} ${metrics[metric].unit}\n${d.r.trials} trials` };
          if (!many)
            p.node = g.append('path').attr('class', 'mark').attr('data-row', d.r.i).style('fill', color(s.i))
              .attr('transform', `translate(${p.x},${p.y})`).attr('d', symbol(s.i)).node();
          points.push(p);
        });
        const last = dots[dots.length - 1];
        labels.push({ y: y(last.v.mean), s });
      });
      if (direct) spread(labels, 15, box.top, box.bottom).forEach(l => {
        const name = l.s.name.length > 30 ? `${l.s.name.slice(0, 29)}…` : l.s.name;
        svg.append('text').attr('class', 'label').attr('x', box.left + box.width + 8).attr('y', l.at + 4)
          .style('fill', color(l.s.i)).text(name);
      });
      const seen = explore(fig, svg, points);
      if (matchMedia('(pointer: fine)').matches)
        brush.call(d3.brushX().extent([[box.left, box.top], [box.left + box.width, box.bottom]]).on('end', () => {
          if (!d3.event.selection) return;
          const [a, b] = d3.event.selection.map(x.invert);
          zoomTo(a, b);
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
    fig.start(draw);
  }

  /* ---- memory against harm ---- */

  function memoryChart() {
    const groups = d3.nest().key(r => `${r.fault}\n${r.ber}`).entries(rows)
      .map(g => ({ rows: g.values.filter(r => known(r.drop) && r.bits > 0) }))
      .filter(g => new Set(g.rows.map(r => r.storage)).size > 1);
    if (!groups.length) return;
    groups.forEach((g, i) => {
      g.value = String(i);
      g.text = known(g.rows[0].ber) ? `${g.rows[0].fault} at ${rateText(g.rows[0].ber)}` : g.rows[0].fault;
      /* Quartiles: one storage that is lost at once says little about the others. */
      const drops = g.rows.map(r => r.drop).sort(d3.ascending);
      g.spread = d3.quantile(drops, 0.75) - d3.quantile(drops, 0.25);
    });
    let group = groups.reduce((a, b) => (b.spread > a.spread ? b : a)), metric = 'drop';
    const fig = newFigure('memory', 'Vulnerability against memory',
      'Each way of storing the parameters, by the memory it takes and the harm that faults do. Dashed: the Pareto front, where less of one costs more of the other.');
    addSelect(fig, 'Fault', groups, v => { group = groups[+v]; draw(); }).property('value', group.value);
    addSelect(fig, 'Show', ['drop', 'sdc'].map(m => ({ value: m, text: metrics[m].title })), m => { metric = m; draw(); });

    function draw() {
      const height = fig.width < 520 ? 300 : 380, box = { left: 44, top: 28, bottom: height - 48, width: fig.width - 44 - 20 };
      const dots = group.rows.map((r, i) => ({ r, i, v: valueOf(r, metric) })).filter(d => known(d.v.mean));
      const x = d3.scaleLinear().domain([0, d3.max(dots, d => d.r.bits) * 1.12]).range([box.left, box.left + box.width]);
      const y = d3.scaleLinear().domain([Math.min(0, d3.min(dots, d => (known(d.v.low) ? d.v.low : d.v.mean))),
        d3.max(dots, d => (known(d.v.high) ? d.v.high : d.v.mean)) || 1]).nice().range([box.bottom, box.top]);
      const svg = fig.svg(height, `${metrics[metric].title} against memory, ${dots.length} ways of storing`);
      axes(svg, x, y, box, { x: 'memory, bits', y: `${metrics[metric].title}, ${metrics[metric].unit}` });
      const front = [];
      dots.slice().sort((a, b) => a.r.bits - b.r.bits || a.v.mean - b.v.mean).forEach(d => {
        if (!front.length || d.v.mean < front[front.length - 1].v.mean) front.push(d);
      });
      svg.append('path').attr('class', 'front').attr('data-points', front.length)
        .attr('d', d3.line().x(d => x(d.r.bits)).y(d => y(d.v.mean)).curve(d3.curveStepAfter)(front));
      const points = dots.map(d => {
        const cx = x(d.r.bits), cy = y(d.v.mean), right = cx > box.left + box.width * 0.8, c = color(d.r.style);
        if (known(d.v.low) && known(d.v.high))
          svg.append('path').attr('class', 'interval').style('stroke', c).attr('d', `M${cx},${y(d.v.low)}V${y(d.v.high)}`);
        const node = svg.append('path').attr('class', 'mark').attr('data-row', d.r.i).style('fill', c)
          .attr('transform', `translate(${cx},${cy})`).attr('d', symbol(d.r.style, 75)).node();
        return { x: cx, y: cy, node, right, name: d.r.name, c,
          text: `${d.r.name}\n${si(d.r.bits)} bits, ${d.r.bits_per_weight.toPrecision(3)} per weight\n${metrics[metric].title} ${withInterval(d.v)} ${metrics[metric].unit}` };
      });
      if (points.length <= MANY) [false, true].forEach(side => {
        spread(points.filter(p => p.right === side).map(p => ({ y: p.y, p })), 14, box.top, box.bottom - 4).forEach(l => {
          svg.append('text').attr('class', 'label').attr('x', l.p.x + (side ? -9 : 9)).attr('y', l.at - 5)
            .attr('text-anchor', side ? 'end' : 'start').style('fill', l.p.c).text(l.p.name);
        });
      });
      explore(fig, svg, points);
    }
    fig.start(draw);
  }

  /* ---- single faults: layer by bit ---- */

  function mapChart() {
    if (!data.maps.length) return;
    let map = data.maps[0], order = 'name';
    const fig = newFigure('map', 'Single faults: SDC by layer and bit',
      'Share of runs whose prediction changed when one bit of one element of the layer was struck. Empty: not sampled.');
    if (data.maps.length > 1)
      addSelect(fig, 'Campaign', data.maps.map((m, i) => ({ value: String(i), text: `${rows[m.row].name}, ${rows[m.row].fault}` })),
        v => { map = data.maps[+v]; draw(); });
    addSelect(fig, 'Layers', [{ value: 'name', text: 'by name' }, { value: 'sdc', text: 'most harmful first' }], v => { order = v; draw(); });

    function draw() {
      const cells = map.cells.map(c => ({ layer: c[0], bit: c[1], trials: c[2], runs: c[3], share: c[4] / c[3], low: c[5], high: c[6] }));
      const sums = map.layers.map(() => [0, 0]);
      map.cells.forEach(c => { sums[c[0]][0] += c[4]; sums[c[0]][1] += c[3]; });
      const place = d3.range(map.layers.length);
      if (order === 'sdc') place.sort((a, b) => sums[b][0] / sums[b][1] - sums[a][0] / sums[a][1]);
      const rank = [];
      place.forEach((l, i) => { rank[l] = i; });
      const left = Math.min(fig.width * 0.35, 12 + 7 * d3.max(map.layers, l => l.length)), fits = Math.floor(left / 7) - 1;
      const wide = Math.min(56, (fig.width - left - 8) / map.bits), high = map.layers.length > 60 ? 14 : 22;
      const top = 40, height = top + high * map.layers.length + 44;
      const most = d3.max(cells, c => c.share) || 1, shade = d3.scaleSqrt().domain([0, most]).range([0.04, 0.85]);
      const svg = fig.svg(height, `SDC by layer and bit, ${map.layers.length} layers, ${map.bits} bits`);
      svg.append('text').attr('class', 'muted').attr('x', left).attr('y', 12).text('bit, the highest first');
      d3.range(map.bits).forEach(b => {
        if (wide < 18 && b % 4 && b !== map.bits - 1) return;
        svg.append('text').attr('class', 'muted').attr('text-anchor', 'middle')
          .attr('x', left + (map.bits - 1 - b + 0.5) * wide).attr('y', top - 8).text(b);
      });
      map.layers.forEach((name, l) => {
        const text = svg.append('text').attr('x', left - 8).attr('y', top + (rank[l] + 0.5) * high + 4).attr('text-anchor', 'end')
          .text(name.length > fits ? `…${name.slice(-fits)}` : name);
        text.append('title').text(name);
      });
      svg.append('rect').attr('class', 'frame').attr('x', left).attr('y', top).attr('width', wide * map.bits).attr('height', high * map.layers.length);
      const points = cells.sort((a, b) => rank[a.layer] - rank[b.layer] || b.bit - a.bit).map(c => {
        const x = left + (map.bits - 1 - c.bit) * wide, y = top + rank[c.layer] * high;
        const node = svg.append('rect').attr('class', 'cell mark').attr('x', x + 0.5).attr('y', y + 0.5)
          .attr('width', wide - 1).attr('height', high - 1).style('fill-opacity', shade(c.share)).node();
        if (wide >= 34 && high >= 16)
          svg.append('text').attr('class', 'value').attr('x', x + wide / 2).attr('y', y + high / 2 + 4)
            .text(c.share === 0 ? '0' : d3.format(c.share < 0.0995 ? '.1f' : '.0f')(100 * c.share));
        return { x: x + wide / 2, y: y + high / 2, node,
          text: `${map.layers[c.layer]}, bit ${c.bit}\nSDC ${withInterval({ mean: 100 * c.share, low: 100 * c.low, high: 100 * c.high })} %\n${c.trials} trials, ${c.runs} runs` };
      });
      const base = top + high * map.layers.length + 18;
      d3.range(40).forEach(i => svg.append('rect').attr('class', 'cell').attr('x', left + 3 * i).attr('y', base).attr('width', 3).attr('height', 10)
        .style('fill-opacity', shade(most * i / 39)));
      svg.append('text').attr('class', 'muted').attr('x', left + 128).attr('y', base + 9).text(`0 to ${percent(100 * most)} % of runs`);
      explore(fig, svg, points);
    }
    fig.start(draw);
  }

  /* ---- how the interval narrowed ---- */

  function courseChart() {
    const courses = data.courses.filter(c => c.steps.length > 2);
    if (!courses.length) return;
    let course = courses.reduce((a, b) => (rows[b.row].trials > rows[a.row].trials ? b : a)), metric = 'drop';
    const fig = newFigure('course', 'Convergence',
      'The estimate and its interval as trials came. It should settle, and the band should close on it.');
    addSelect(fig, 'Point', courses.map((c, i) => ({ value: String(i), text: `${rows[c.row].name}, ${rows[c.row].fault}${known(rows[c.row].ber) ? ` ${rateText(rows[c.row].ber)}` : ''}` })),
      v => { course = courses[+v]; draw(); }).property('value', String(courses.indexOf(course)));
    addSelect(fig, 'Show', ['drop', 'sdc'].map(m => ({ value: m, text: metrics[m].title })), m => { metric = m; draw(); });

    function draw() {
      const at = metric === 'drop' ? 1 : 4, scale = metrics[metric].scale, row = rows[course.row];
      const height = fig.width < 520 ? 260 : 300, box = { left: 44, top: 28, bottom: height - 48, width: fig.width - 44 - 84 };
      const steps = course.steps.filter(s => known(s[at])).map(s => ({ n: s[0], mean: s[at] * scale,
        low: known(s[at + 1]) ? s[at + 1] * scale : null, high: known(s[at + 2]) ? s[at + 2] * scale : null }));
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
      const last = steps[steps.length - 1];
      svg.append('text').attr('class', 'label').attr('x', box.left + box.width + 8).attr('y', y(last.mean) + 4).style('fill', color(0)).text(percent(last.mean));
      if (known(last.low) && known(last.high) && y(last.low) - y(last.high) > 24)
        [last.low, last.high].forEach(v => svg.append('text').attr('class', 'muted').attr('x', box.left + box.width + 8).attr('y', y(v) + 4).text(percent(v)));
      explore(fig, svg, steps.map(s => ({ x: x(s.n), y: y(s.mean), text: `${s.n} trials\n${metrics[metric].title} ${withInterval(s)} ${metrics[metric].unit}` })));
    }
    fig.start(draw);
  }

  /* ---- bars: one line per row of a series ---- */

  function bars(kind, title, about, of, parts, text) {
    const series = d3.nest().key(r => r.series).entries(of).map(s => ({ value: s.key, text: `${s.values[0].name}, ${s.values[0].fault}`, rows: s.values }));
    if (!series.length) return;
    let one = series[0];
    const fig = newFigure(kind, title, about);
    if (series.length > 1) addSelect(fig, 'Storage', series, v => { one = series.find(s => s.value === v); draw(); });
    const keys = fig.legend.attr('hidden', null).attr('role', 'list').selectAll('span').data(parts).enter().append('span').attr('role', 'listitem');
    keys.append('svg').attr('width', 12).attr('height', 12).attr('aria-hidden', true).append('rect').attr('width', 12).attr('height', 12).style('fill', p => p.fill);
    keys.append('span').text(p => ` ${p.text}`);

    function draw() {
      const list = one.rows.slice(0, 60), left = 70, high = 24, top = 8, height = top + high * list.length + 44;
      const value = (r, p) => Math.max(0, p.of(r) || 0), total = r => d3.sum(parts, p => value(r, p));
      const right = text.total ? 124 : 24;
      const x = d3.scaleLinear().domain([0, text.all ? 1 : d3.max(list, total) || 1]).range([left, fig.width - right]);
      const svg = fig.svg(height, `${title}: ${one.text}`), points = [];
      svg.append('g').attr('class', 'axis').attr('transform', `translate(0,${height - 44})`)
        .call(d3.axisBottom(x).ticks(5, text.format).tickSizeOuter(0)).attr('font-size', 12).attr('font-family', null);
      svg.append('text').attr('class', 'muted').attr('x', left).attr('y', height - 6).text(text.x);
      list.forEach((r, i) => {
        let sum = 0;
        const y = top + i * high;
        svg.append('text').attr('x', left - 8).attr('y', y + high / 2 + 4).attr('text-anchor', 'end').text(known(r.ber) ? rateText(r.ber) : r.fault.slice(0, 9));
        parts.forEach(p => {
          const v = value(r, p), from = x(sum), to = x(sum += v);
          const node = svg.append('rect').attr('class', 'mark').attr('data-part', p.key).attr('x', from).attr('y', y + 4).attr('width', Math.max(0, to - from))
            .attr('height', high - 8).style('fill', p.fill).style('stroke', 'none').node();
          if (v > 0) points.push({ x: (from + to) / 2, y: y + high / 2, node, text: `${one.text}${known(r.ber) ? `, rate ${rateText(r.ber)}` : ''}\n${p.text}: ${text.value(v)}` });
        });
        if (text.total) svg.append('text').attr('class', 'muted').attr('x', x(sum) + 6).attr('y', y + high / 2 + 4).text(text.total(r));
      });
      explore(fig, svg, points);
    }
    fig.start(draw);
  }

  function votesChart() {
    bars('votes', 'What the protection noticed', 'Words per trial in which the reader corrected something, noticed what it could not correct, or missed a change. Two flips among three copies count as corrected and as missed.',
      rows.filter(r => r.protection !== 'none' && (r.corrected > 0 || r.detected > 0 || r.missed > 0)),
      [{ key: 'corrected', text: 'corrected', fill: 'var(--s2)', of: r => r.corrected },
        { key: 'detected', text: 'detected only', fill: 'var(--s1)', of: r => r.detected },
        { key: 'missed', text: 'missed', fill: 'var(--sdc)', of: r => r.missed }],
      { x: 'words per trial', format: '~s', value: v => `${d3.format('.4~g')(v)} words per trial`,
        total: r => { const n = r.corrected + r.detected + r.missed; return n > 0 ? `${percent(100 * r.corrected / n)} % corrected` : ''; } });
  }

  function outcomesChart() {
    bars('outcomes', 'What became of the runs', 'Of all runs of an image with faults. Runs that are both SDC and DUE count as DUE here.',
      rows.filter(r => known(r.masked)),
      [{ key: 'masked', text: 'masked', fill: 'var(--masked)', of: r => r.masked },
        { key: 'tolerable', text: 'tolerable', fill: 'var(--tolerable)', of: r => r.tolerable },
        { key: 'sdc', text: 'SDC', fill: 'var(--sdc)', of: r => 1 - r.masked - r.tolerable - r.due },
        { key: 'due', text: 'DUE', fill: 'var(--due)', of: r => r.due }],
      { x: 'share of runs', format: '.0%', all: true, value: v => `${percent(100 * v)} % of runs` });
  }

  /* ---- tables: sort, filter, copy; long ones a page at a time ---- */

  const PAGE = 200;

  function csvField(value) {
    const text = value === null || value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  }

  /* Rows of results with every value under its key; other tables as they are shown. */
  function csvOf(table, trs) {
    if (trs.length && trs[0].dataset.row !== undefined) {
      const keys = data.columns.filter(k => k !== 'series');
      return [keys.join(',')].concat(trs.map(tr => {
        const r = rows[+tr.dataset.row];
        return keys.map(k => csvField(k === 'store' ? data.stores[r.store] : r[k])).join(',');
      })).join('\n') + '\n';
    }
    const cells = tr => Array.from(tr.cells).map(c => csvField(c.textContent)).join(',');
    return [cells(table.tHead.rows[0])].concat(trs.map(cells)).join('\n') + '\n';
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

  function enhance(table) {
    const body = table.tBodies[0], all = Array.from(body.rows), heads = Array.from(table.tHead.rows[0].cells);
    const texts = all.map(tr => tr.textContent.toLowerCase());
    const order = new Map(all.map((tr, i) => [tr, i]));
    let shown = all, page = 0, sorted = -1, down = false;
    const box = document.createElement('div');
    box.className = 'tools';
    table.parentNode.before(box);
    const add = (tag, properties) => box.appendChild(Object.assign(document.createElement(tag), properties));
    const filter = add('input', { type: 'search', placeholder: 'Filter rows' });
    filter.setAttribute('aria-label', `Filter rows of ${table.id}`);
    const copy = add('button', { type: 'button', className: 'tool copy', textContent: 'Copy as CSV' });
    const previous = add('button', { type: 'button', className: 'tool', textContent: 'Previous' });
    const next = add('button', { type: 'button', className: 'tool', textContent: 'Next' });
    const count = add('span', { className: 'count' });
    count.setAttribute('role', 'status');

    function show(everything) {
      const pages = Math.max(1, Math.ceil(shown.length / PAGE)), from = Math.min(page, pages - 1) * PAGE;
      page = from / PAGE;
      body.replaceChildren(...(everything ? shown : shown.slice(from, from + PAGE)));
      previous.hidden = next.hidden = pages === 1;
      previous.disabled = page === 0;
      next.disabled = page === pages - 1;
      const range = pages > 1 && !everything ? `${from + 1}–${Math.min(from + PAGE, shown.length)} of ` : '';
      count.textContent = `${range}${shown.length} rows${shown.length < all.length ? ` (of ${all.length})` : ''}`;
    }
    function keyOf(tr, column, numeric) {
      const text = tr.cells[column].textContent;
      return numeric ? parseFloat(text.replace(/,/g, '')) : text;
    }
    function arrange() {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      shown = all.filter((tr, i) => words.every(w => texts[i].includes(w)));
      if (sorted >= 0) {
        const numeric = heads[sorted].classList.contains('n'), sign = down ? -1 : 1;
        const keys = new Map(shown.map(tr => [tr, keyOf(tr, sorted, numeric)]));
        const compare = new Intl.Collator(undefined, { numeric: true }).compare;
        shown.sort((a, b) => {
          const p = keys.get(a), q = keys.get(b);
          if (!numeric) return sign * compare(p, q) || order.get(a) - order.get(b);
          if (isNaN(p) || isNaN(q)) return isNaN(p) - isNaN(q) || order.get(a) - order.get(b);
          return sign * (p - q) || order.get(a) - order.get(b);
        });
      }
      page = 0;
      show();
    }
    heads.forEach((th, i) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = th.textContent;
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
    copy.addEventListener('click', () => copyText(csvOf(table, shown), ok => {
      copy.textContent = ok ? `Copied ${shown.length} rows` : 'Copying is not allowed here';
      setTimeout(() => { copy.textContent = 'Copy as CSV'; }, 2000);
    }));
    previous.addEventListener('click', () => { page--; show(); });
    next.addEventListener('click', () => { page++; show(); });
    addEventListener('beforeprint', () => show(true));
    addEventListener('afterprint', () => show());
    table.csv = () => csvOf(table, shown);
    if (all.length < 8) filter.hidden = true;
    show();
  }

  d3.nest().key(r => r.fault).entries(rows.filter(r => r.ber > 0 && (known(r.drop) || known(r.sdc)))).forEach(f => rateChart(f.key, f.values));
  memoryChart();
  mapChart();
  votesChart();
  courseChart();
  outcomesChart();
  document.querySelectorAll('.table-section table').forEach(enhance);
})();
