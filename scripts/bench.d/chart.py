"""Charts as SVG, by hand: bars for the programs of a scenario, lines for what grows."""
import math
from html import escape

STYLE = '''<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600; font-size: 14px } .note { fill: #59636e; font-size: 12px }
.bar { fill: #9aa4af } .ours { fill: #1a7f37 } .floor { fill: #c9d1d9 } .axis { stroke: #c9d1d9 } .bold { font-weight: 600 }
.line { fill: none; stroke: #9aa4af; stroke-width: 2 } .line.ours { fill: none; stroke: #1a7f37 } .line.second { stroke: #0969da } .line.third { stroke: #9a6700 }
circle { fill: #9aa4af } circle.ours { fill: #1a7f37 } circle.second { fill: #0969da } circle.third { fill: #9a6700 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .note { fill: #9198a1 } .bar { fill: #656c76 } .ours { fill: #3fb950 } .floor { fill: #3d444d } .axis { stroke: #3d444d } }
</style>'''


def number(value):
    if value is None or isinstance(value, str):
        return value or '–'
    size = abs(value)
    if size >= 1000:
        return f'{value:,.0f}'
    if value == int(value):
        return str(int(value))
    return f'{value:.0f}' if size >= 100 else f'{value:.1f}' if size >= 10 else f'{value:.2f}' if size >= 1 else f'{value:.3f}'


def document(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">\n{STYLE}\n'
            + '\n'.join(parts) + '\n</svg>\n')


def kind(name):
    return 'ours' if name.startswith('pyinotifyd') else 'floor' if name.startswith(('floor', 'cp')) else 'bar'


def bars(title, unit, rows, more_is_better=False):
    """`rows` is [(name, value or None, remark)]. A bar far longer than the floor is cut off, and shows it."""
    values = sorted(value for _, value, _ in rows if value is not None)
    reference = [value for name, value, _ in rows if value is not None and kind(name) != 'bar']
    top = values[-1] if values else 1
    if not more_is_better and reference and max(reference) > 0:
        top = min(top, 8 * max(reference))
    left, room, width = 205, 385, 760
    parts = [f'<text class="title" x="10" y="20">{escape(title)}</text>',
             f'<text class="note" x="10" y="38">{escape(unit)}; {"more" if more_is_better else "less"} is better</text>']
    y = 52
    for name, value, remark in rows:
        bold = ' class="bold"' if kind(name) == 'ours' else ''
        parts.append(f'<text{bold} x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        length = 0
        if value is not None:
            cut = value > top
            length = max(1, room * min(value, top) / top) if top else 1
            parts.append(f'<rect class="{kind(name)}" x="{left}" y="{y + 2}" width="{length:.1f}" height="16" rx="2"/>')
            if cut:
                parts.append(f'<path d="M {left + length - 22:.1f} {y + 20} l 6 -20 m 5 0 l -6 20" stroke="white" stroke-width="3"/>')
        text = ', '.join(t for t in (number(value) if value is not None else '', remark) if t)
        parts.append(f'<text x="{left + length + 6:.1f}" y="{y + 14}">{escape(text)}</text>')
        y += 24
    return document(width, y + 6, parts)


def lines(title, across, unit, series):
    """`series` is [(name, [(x, y)])]. Both axes begin at zero: flat is flat, and what grows in proportion is straight."""
    points = [point for _, line in series for point in line]
    if not points:
        return document(760, 60, [f'<text x="10" y="20">{escape(title)}</text>'])
    left, right, top, bottom, width, height = 70, 540, 56, 250, 760, 300
    high_x, high_y = max(x for x, _ in points), max(y for _, y in points) or 1
    step = 10 ** math.floor(math.log10(high_y))
    step = next(step * part for part in (0.2, 0.5, 1, 2, 5, 10) if high_y / (step * part) <= 5)
    high_y = math.ceil(high_y / step) * step

    def place(x, y):
        return left + (right - left) * x / high_x, bottom - (bottom - top) * y / high_y

    parts = [f'<text class="title" x="10" y="20">{escape(title)}</text>', f'<text class="note" x="10" y="38">{escape(unit)}</text>']
    for i in range(round(high_y / step) + 1):
        y = place(0, i * step)[1]
        parts.append(f'<line class="axis" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="note" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{number(round(i * step, 9))}</text>')
    for i in range(5):
        x = place(high_x * i / 4, 0)[0]
        parts.append(f'<text class="note" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{number(round(high_x * i / 4))}</text>')
    parts.append(f'<text class="note" x="{(left + right) / 2}" y="{bottom + 38}" text-anchor="middle">{escape(across)}</text>')
    classes, labels = {}, []
    for name, line in series:
        classes[name] = kind(name) if name.startswith(('pyinotifyd', 'floor')) else ['ours', 'second', 'third'][len([n for n in classes if n != 'floor']) % 3]
        path = ' '.join('%.1f,%.1f' % place(x, y) for x, y in line)
        parts.append(f'<polyline class="line {classes[name]}" points="{path}"/>')
        parts += ['<circle class="%s" r="3" cx="%.1f" cy="%.1f"/>' % (classes[name], *place(x, y)) for x, y in line]
        labels.append((place(*line[-1])[1], name))
    at = 0
    for y, name in sorted(labels):
        at = max(at + 16, y)
        parts.append(f'<text x="{right + 10}" y="{at + 4:.1f}">{escape(name)}</text>')
    return document(width, height, parts)
