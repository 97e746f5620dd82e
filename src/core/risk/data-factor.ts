import type { JsonObject } from '../json';
import type { RiskFactor } from './model';
import { remembering } from './name-words';
import {
  DATA_NAMES,
  DATA_WEIGHTS,
  MOST_DATA_POINTS,
  UNKNOWN_DATA_POINTS,
  UNREADABLE_DATA_POINTS,
  type DataClass,
} from './weights';

/** Further members count together as one unknown class. */
const MOST_CLASSES = 64;
const LONGEST_TEXT = 1_024;

const UNREADABLE: RiskFactor = {
  name: 'data',
  points: UNREADABLE_DATA_POINTS,
  why: 'The data classes could not be read, so the most delicate one is assumed',
};

const nameOf = remembering(
  (name: string): DataClass | 'unknown' =>
    DATA_NAMES.get(name.toLowerCase().replace(/[^a-z]/g, '')) ?? 'unknown',
);

/** The claim `context.data_classes`: a list of names or one text of several. Undefined when nothing is claimed. */
export function dataFactor(context: JsonObject): RiskFactor | undefined {
  const claim: unknown = Object.hasOwn(context, 'data_classes')
    ? context['data_classes']
    : undefined;
  if (claim === undefined || claim === null) return undefined;
  const names = namesIn(claim);
  if (names === undefined) return UNREADABLE;
  if (names.length === 0) return undefined;
  const found = new Set<DataClass | 'unknown'>();
  for (const name of names.slice(0, MOST_CLASSES)) {
    found.add(typeof name === 'string' ? nameOf(name) : 'unknown');
  }
  if (names.length > MOST_CLASSES) found.add('unknown');
  let points = 0;
  for (const name of found) {
    points += name === 'unknown' ? UNKNOWN_DATA_POINTS : DATA_WEIGHTS[name];
  }
  return { name: 'data', points: Math.min(points, MOST_DATA_POINTS), why: whyOf(found) };
}

function namesIn(claim: unknown): readonly unknown[] | undefined {
  if (Array.isArray(claim)) return claim as readonly unknown[];
  if (typeof claim !== 'string' || claim.length > LONGEST_TEXT) return undefined;
  return claim.split(/[,;|\s]+/).filter((name) => name !== '');
}

/** Names only the classes of the table: what was sent is not repeated. */
function whyOf(found: ReadonlySet<DataClass | 'unknown'>): string {
  const known = [...found].filter((name) => name !== 'unknown').sort();
  const parts = found.has('unknown') ? [...known, 'a class not known here'] : known;
  return `The request says it touches ${parts.join(', ')}`;
}
