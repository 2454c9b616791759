/** The plots of docs/performance.md, by Vega-Lite: bars with the least and the most as a line. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Spread } from '../bench/spread.ts';

type LayerSpec = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];

export interface Bar extends Spread {
  readonly name: string;
}

export interface BarPlot {
  readonly title: string;
  /** Of the axis: what, and its unit. */
  readonly axis: string;
  readonly bars: readonly Bar[];
  /** Where the goal is, on the axis. */
  readonly goal?: number;
}

const WIDTH = 560;
const COLOR = '#3b6ea5';
const GOAL_COLOR = '#b3261e';

function goalLine(goal: number): LayerSpec {
  return {
    mark: { type: 'rule', color: GOAL_COLOR, strokeDash: [4, 4] },
    encoding: { x: { datum: goal, type: 'quantitative' } },
  };
}

/** As SVG text, the same for the same bars: text is measured by estimate, since no font is looked at. */
export async function barPlot({ title, axis, bars, goal }: BarPlot): Promise<string> {
  const y = { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: 240 } } as const;
  const spec: TopLevelSpec = {
    title,
    width: WIDTH,
    height: { step: 28 },
    background: 'white',
    data: { values: bars.map((bar) => ({ ...bar })) },
    layer: [
      {
        mark: { type: 'bar', color: COLOR },
        encoding: { y, x: { field: 'median', type: 'quantitative', title: axis } },
      },
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { y, x: { field: 'min', type: 'quantitative' }, x2: { field: 'max' } },
      },
      ...(goal === undefined ? [] : [goalLine(goal)]),
    ],
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
