// What is measured in a page: each function gives what is wrong, in words.
(() => {
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.hidden');

  // pieces are the visible pieces of text, with the element that each stands in.
  const pieces = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = node.parentElement;
      if (node.data.trim() === '' || /^(SCRIPT|STYLE|NOSCRIPT|title|OPTION)$/.test(at.tagName) || !shown(at)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      found.push({ at, text: node.data.trim().slice(0, 40), box: range.getBoundingClientRect() });
    }
    return found;
  };

  const color = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => {
    const mix = (k) => top[k] * top.a + below[k] * (1 - top.a);
    return { r: mix('r'), g: mix('g'), b: mix('b'), a: 1 };
  };
  // The contrast ratio of WCAG 2.2, of relative luminances in sRGB.
  const luminance = (c) => {
    const [r, g, b] = [c.r, c.g, c.b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };

  // layers are the colours that an element stands on, the uppermost first.
  const layers = (element) => {
    const found = [];
    for (let e = element; e; e = e.parentElement) found.push(color(getComputedStyle(e).backgroundColor));
    found.push(color(matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)'));
    return found;
  };
  // shapes are the filled shapes of a picture that the middle of a text stands on.
  const shapes = (text, box) => {
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const before = [...text.ownerSVGElement.querySelectorAll('rect, circle')].filter((s) => text.compareDocumentPosition(s) & Node.DOCUMENT_POSITION_PRECEDING);
    return before.reverse().filter((s) => {
      const b = s.getBoundingClientRect();
      return getComputedStyle(s).fill.startsWith('rgb') && x >= b.left && x <= b.right && y >= b.top && y <= b.bottom;
    }).map((s) => color(getComputedStyle(s).fill));
  };

  const lowContrast = (least) => {
    const wrong = new Set();
    for (const { at, text, box } of pieces()) {
      const picture = at.ownerSVGElement;
      const ground = [...(picture ? shapes(at, box) : []), ...layers(picture ? picture.parentElement : at)].reduceRight((below, top) => over(top, below));
      const style = getComputedStyle(at);
      const r = ratio(over(color(picture ? style.fill : style.color), ground), ground);
      if (r < least) wrong.add(`${r.toFixed(2)} ${at.tagName}.${at.getAttribute('class')} "${text}"`);
    }
    return [...wrong];
  };

  // shortened tells whether a text is cut on purpose, with an ellipsis.
  const shortened = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.overflowX !== 'visible' && (style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none')) return true;
    }
    return false;
  };

  const overflowing = () => {
    const wrong = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) wrong.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${width}`);
    for (const e of document.querySelectorAll('body *')) {
      if (e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX) && shown(e)) wrong.push(`${e.tagName}.${e.className} scrolls sideways`);
    }
    for (const { at, text, box } of pieces()) {
      if ((box.right > width + 1 || (box.left < -1 && box.right > 0)) && !shortened(at)) wrong.push(`${at.tagName}.${at.getAttribute('class')} "${text}" ends at ${Math.round(box.right)} of ${width}`);
    }
    return wrong;
  };

  const smallTargets = (least) => [...document.querySelectorAll('button, select, input, summary, nav a')].filter(shown).map((e) => [e, e.getBoundingClientRect()])
    .filter(([, b]) => b.height < least || b.width < 24).map(([e, b]) => `${e.tagName}.${e.className} "${e.textContent.slice(0, 30)}" is ${Math.round(b.width)} by ${Math.round(b.height)}`);

  return { lowContrast, overflowing, smallTargets };
})()
