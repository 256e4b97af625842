/* Single faults: the share of runs they changed, layer by layer and bit by bit. */
function mapChart() {
  if (!data.maps.length) return;
  let map = data.maps.reduce((a, b) => (rows[b.row].trials > rows[a.row].trials ? b : a)), order = 'network';
  const fig = newFigure('map', 'Single faults: SDC by layer and bit',
    'Share of runs whose prediction changed when one bit of one element of the layer was struck. Empty: not sampled.');
  if (data.maps.length > 1)
    addSelect(fig, 'Campaign', data.maps.map((m, i) => ({ value: String(i), text: `${rows[m.row].name}, ${rows[m.row].fault}` })),
      v => { map = data.maps[+v]; draw(); }).property('value', String(data.maps.indexOf(map)));
  addSelect(fig, 'Layers', [{ value: 'network', text: 'as in the network' }, { value: 'sdc', text: 'most harmful first' }], v => { order = v; draw(); });

  /* rank[layer]: its line on the map. */
  function ranks(cells) {
    const place = d3.range(map.layers.length), sums = map.layers.map(() => [0, 0]), rank = [];
    cells.forEach(c => { sums[c.layer][0] += c.sdc; sums[c.layer][1] += c.runs; });
    if (order === 'sdc') place.sort((a, b) => sums[b][0] / sums[b][1] - sums[a][0] / sums[a][1]);
    place.forEach((l, i) => { rank[l] = i; });
    return rank;
  }

  function draw() {
    const cells = unpackRows(map.cells, map.n), rank = ranks(cells), layers = map.layers, bits = map.bits;
    cells.forEach(c => { c.share = c.sdc / c.runs; });
    const left = Math.min(fig.width * 0.35, 12 + 7 * d3.max(layers, l => l.length)), fits = Math.floor(left / 7) - 1;
    const wide = Math.min(56, (fig.width - left - 8) / bits), high = layers.length > 60 ? 14 : 22;
    const top = 40, base = top + high * layers.length + 18;
    const most = d3.max(cells, c => c.share), shade = d3.scaleSqrt().domain([0, most || 1]).range([0.04, 0.85]);
    const svg = fig.svg(base + 26, `SDC by layer and bit, ${layers.length} layers, ${bits} bits`);
    svg.append('text').attr('class', 'muted').attr('x', left).attr('y', 12).text('bit, the highest first');
    d3.range(bits).forEach(b => {
      if (wide < 18 && b % 4 && b !== bits - 1) return;
      svg.append('text').attr('class', 'muted').attr('text-anchor', 'middle')
        .attr('x', left + (bits - 1 - b + 0.5) * wide).attr('y', top - 8).text(b);
    });
    layers.forEach((name, l) => {
      svg.append('text').attr('class', 'layer').attr('x', left - 8).attr('y', top + (rank[l] + 0.5) * high + 4).attr('text-anchor', 'end')
        .text(cutStart(name, fits)).append('title').text(name);
    });
    svg.append('rect').attr('class', 'frame').attr('x', left).attr('y', top).attr('width', wide * bits).attr('height', high * layers.length);
    const points = cells.sort((a, b) => rank[a.layer] - rank[b.layer] || b.bit - a.bit).map(c => {
      const x = left + (bits - 1 - c.bit) * wide, y = top + rank[c.layer] * high;
      const node = svg.append('rect').attr('class', 'cell mark').attr('x', x + 0.5).attr('y', y + 0.5)
        .attr('width', wide - 1).attr('height', high - 1).style('fill-opacity', shade(c.share)).node();
      if (wide >= 34 && high >= 16)
        svg.append('text').attr('class', 'value').attr('x', x + wide / 2).attr('y', y + high / 2 + 4)
          .text(c.share === 0 ? '0' : (100 * c.share).toFixed(c.share < 0.0995 ? 1 : 0));
      return { x: x + wide / 2, y: y + high / 2, node,
        text: `${layers[c.layer]}, bit ${c.bit}\nSDC ${withInterval({ mean: 100 * c.share, low: 100 * c.low, high: 100 * c.high })} %\n${countText(c.trials)} trials, ${countText(c.runs)} runs` };
    });
    const steps = most > 0 ? 40 : 4;
    d3.range(steps).forEach(i => svg.append('rect').attr('class', 'cell').attr('x', left + 3 * i).attr('y', base).attr('width', 3).attr('height', 10)
      .style('fill-opacity', shade(most * i / (steps - 1))));
    svg.append('text').attr('class', 'muted').attr('x', left + 3 * steps + 8).attr('y', base + 9)
      .text(most > 0 ? `0 to ${percent(100 * most)} % of runs` : '0 % of runs');
    explore(fig, svg, points);
  }
  fig.start(draw);
}
