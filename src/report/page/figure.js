/* Figures: heading, controls, plot, values on hover and by keyboard, saving. Drawn again when the
 * width changes. */
const live = document.getElementById('live');
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
  const self = { figure, controls, legend, plot, tip, width: 0 };
  const heading = () => figure.select('h2').text();
  self.save = controls.append('button').attr('class', 'tool save').attr('type', 'button').text('Save as SVG')
    .on('click', () => saveSvg(plot.select('svg').node(), heading()));
  self.svg = (height, label) => {
    plot.selectAll('svg').remove();
    return plot.append('svg').attr('viewBox', `0 0 ${self.width} ${height}`).attr('width', self.width).attr('height', height)
      .attr('role', 'img').attr('aria-label', label);
  };
  self.start = draw => {
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

/* Names with their marks, which do nothing. */
function addKeys(fig, parts) {
  const keys = fig.legend.attr('hidden', null).attr('role', 'list').selectAll('span.key').data(parts).enter()
    .append('span').attr('class', 'key').attr('role', 'listitem');
  keys.append('svg').attr('width', 12).attr('height', 12).attr('aria-hidden', true)
    .append('rect').attr('width', 12).attr('height', 12).style('fill', p => p.fill);
  keys.append('span').text(p => ` ${p.text}`);
}

function showTip(fig, x, y, text) {
  const plot = fig.plot.node(), tip = fig.tip.node(), scale = plot.clientWidth / fig.width || 1;
  fig.tip.attr('hidden', null).text(text);
  const left = Math.min(x * scale + 12, plot.clientWidth - tip.offsetWidth);
  const above = y * scale - tip.offsetHeight - 10;
  fig.tip.style('left', `${Math.max(0, left)}px`)
    .style('top', `${plot.offsetTop + (above > -40 ? above : y * scale + 14)}px`);
}

/* Hover shows the nearest of `points` ({x, y, text, node}); arrow keys walk through them. */
function explore(fig, svg, points) {
  let at = -1;
  const go = (i, say) => {
    if (at >= 0 && points[at].node) points[at].node.classList.remove('here');
    at = i;
    if (i < 0) { fig.tip.attr('hidden', ''); return; }
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

/* The drawing with its computed styles, so that it looks the same elsewhere. What XML does not allow
 * in a text, and stores may have in names, is replaced. */
function svgText(svg, title) {
  const copy = svg.cloneNode(true), from = svg.querySelectorAll('*'), to = copy.querySelectorAll('*');
  const keep = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray',
    'stroke-linejoin', 'paint-order', 'opacity', 'font-family', 'font-size', 'font-weight', 'text-anchor', 'display'];
  const make = name => document.createElementNS('http://www.w3.org/2000/svg', name);
  [svg, ...from].forEach((node, i) => {
    const style = getComputedStyle(node), target = i ? to[i - 1] : copy;
    target.setAttribute('style', keep.map(k => `${k}:${style.getPropertyValue(k)}`).join(';'));
  });
  ['tabindex', 'aria-description'].forEach(name => copy.removeAttribute(name));
  copy.querySelectorAll('.brush').forEach(n => n.remove());
  const back = make('rect'), name = make('title');
  back.setAttribute('width', '100%');
  back.setAttribute('height', '100%');
  back.setAttribute('fill', getComputedStyle(document.body).backgroundColor);
  name.textContent = title;
  copy.prepend(name, back);
  return new XMLSerializer().serializeToString(copy).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}

function saveSvg(svg, title) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([svgText(svg, title)], { type: 'image/svg+xml' }));
  link.download = `${title.replace(/[^a-z0-9]+/gi, '-').toLowerCase().replace(/^-|-$/g, '') || 'chart'}.svg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const isDecade = d => Math.abs(Math.log10(d) - Math.round(Math.log10(d))) < 1e-9;
const decadeText = d => (isDecade(d) ? `10${superscript(Math.round(Math.log10(d)))}` : '');

/* Labels of a logarithmic axis of rates: as many as fit. */
function rateLabels(x) {
  const ratio = x.domain()[1] / x.domain()[0];
  if (ratio >= 50) return decadeText;
  const all = ratio < 4;
  const lead = d => Math.round(d / 10 ** Math.floor(Math.log10(d) + 1e-9));
  return d => (all || [1, 2, 5].includes(lead(d)) ? rateText(d) : '');
}

function axes(svg, x, y, box, text) {
  const log = !!x.base;
  const ticks = d3.axisBottom(x).tickSizeOuter(0);
  if (log && text.rate) ticks.tickFormat(rateLabels(x));
  else if (log) ticks.ticks(5, '~s');
  else ticks.ticks(Math.max(2, box.width / 110)).tickFormat(si);
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

/* Widths of letters, a little more than they are on average. */
const BOLD = 7.5, PLAIN = 6.8;

/* Names beside their points {x, y, name, c, top, bottom: of its interval}, where they cover neither
 * points nor each other, nor intervals if possible; those for which there is no place are not shown. */
function nameThem(svg, points, box) {
  const marks = points.map(p => ({ left: p.x - 5, right: p.x + 5, top: p.y - 5, bottom: p.y + 5 }));
  const intervals = points.map(p => ({ left: p.x - 1, right: p.x + 1, top: p.top, bottom: p.bottom })), names = [];
  const places = [[9, -7], [-9, -7], [9, 15], [-9, 15], [9, 4], [-9, 4], [9, -18], [-9, -18]];
  const find = (p, wide, taken) => places.map(([dx, dy]) => {
    const left = dx > 0 ? p.x + dx : p.x + dx - wide;
    return { dx, dy, left, right: left + wide, top: p.y + dy - 10, bottom: p.y + dy + 3 };
  }).find(at => at.left >= box.left && at.right <= box.left + box.width + 12 && at.top >= box.top - 10 && at.bottom <= box.bottom &&
    !taken.some(t => t.left < at.right && at.left < t.right && t.top < at.bottom && at.top < t.bottom));
  points.slice().sort((a, b) => a.y - b.y).forEach(p => {
    const name = cut(p.name, 34), wide = name.length * BOLD;
    const at = find(p, wide, marks.concat(names, intervals)) || find(p, wide, marks.concat(names));
    if (!at) return;
    names.push(at);
    svg.append('text').attr('class', 'label').attr('x', p.x + at.dx).attr('y', p.y + at.dy)
      .attr('text-anchor', at.dx > 0 ? 'start' : 'end').style('fill', p.c).text(name);
  });
}

/* ---- names that are too long ----
 * Of a mix of storages, both ends tell more than the beginning alone. Where names are alike at both,
 * what is kept instead of the end begins just before the first letter in which they differ. */
const allNames = Array.from(new Set(data.series.concat(data.storages)));

function middle(letters, n) {
  const end = Math.max(0, Math.floor((n - 1) / 2));
  return `${letters.slice(0, Math.max(1, n - 1 - end)).join('')}…${letters.slice(letters.length - end).join('')}`;
}

function cut(name, n) {
  const letters = Array.from(name);
  if (letters.length <= n) return name;
  const short = middle(letters, n), twin = allNames.find(o => o !== name && o.length > n && middle(Array.from(o), n) === short);
  if (!twin) return short;
  const others = Array.from(twin), head = Math.max(1, Math.floor((n - 2) / 3));
  const from = Math.max(head, letters.findIndex((letter, i) => letter !== others[i]) - 2);
  return `${letters.slice(0, head).join('')}…${letters.slice(from, from + Math.max(1, n - 2 - head)).join('')}…`;
}

const cutStart = (name, n) => (name.length > n ? `…${name.slice(-Math.max(1, n - 1))}` : name);
