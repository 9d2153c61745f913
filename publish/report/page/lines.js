// Lines over days or hours.

function drawLines(width, c) {
  const height = width < 500 ? 220 : 260;
  const box = { right: width - 14, top: 14, bottom: height - 26, margin: 14 };
  const values = c.series.flatMap((s) => s.values);
  const low = !c.logY && values.every((v) => v >= 0) ? [0] : []; // the height of a line is how much it is
  const y = axis(c.logY, [...low, ...values], box.bottom, box.top, 4);
  box.left = tickRoom(y.ticks);
  const n = c.labels.length;
  const step = n > 1 ? (box.right - box.left) / (n - 1) : 0;
  const x = (i) => (n > 1 ? box.left + i * step : (box.left + box.right) / 2);
  return picture(width, height, said(c, counted(c.series.length, 'line') + ' over ' + number(n)),
    ticksLeft(y.ticks, box), labelTicks(c.labels, x, step, box),
    c.series.map((s, k) => [n > 1 && svg('path', { class: 'series ' + colour(k) + ' ' + dash(k), d: s.values.map((v, i) => (i === 0 ? 'M' : 'L') + round(x(i)) + ' ' + round(y.at(v))).join('') }),
      n <= 2 && svg('path', { class: 'points ' + colour(k), d: s.values.map((v, i) => `M${round(x(i))} ${round(y.at(v))}` + SHAPES[k % SHAPES.length](3.5)).join('') })]).flat(),
    c.series.flatMap((s, k) => (s.marks || []).flatMap((i) => [svg('circle', { class: 'ring-mark ' + colour(k), cx: round(x(i)), cy: round(y.at(s.values[i])), r: 4.5 }), mark(x(i), y.at(s.values[i]) - 16)])),
    c.labels.map((label, i) => column(x(i) - (step || 40) / 2, x(i) + (step || 40) / 2, box, spelled(label, 120) + valuesAt(c, i))));
}

// labelTicks writes as many labels as fit beside each other, at equal distances.
function labelTicks(labels, x, step, box) {
  const texts = labels.map((l) => spelled(l, 16));
  const longest = Math.max(...texts.map((t) => [...t].length)) * LETTER;
  const every = labels.length === 1 ? 1 : Math.ceil((longest + 12) / step);
  let free = 0;
  return texts.flatMap((text, i) => {
    const wide = [...text].length * LETTER;
    const left = Math.min(Math.max(x(i) - wide / 2, 0), box.right + box.margin - wide);
    if (i % every > 0 || left < free) return [];
    free = left + wide + 8;
    return [words(left + wide / 2, box.bottom + 16, text, 'tick middle')];
  });
}
