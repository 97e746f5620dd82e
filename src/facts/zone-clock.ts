import { IANAZone } from 'luxon';
import type { LocalTime, ZoneClock } from '../core/policy/capabilities';

const MS_PER_MINUTE = 60_000;
const MINUTES_PER_DAY = 1440;
/** 1 January 1970 was a Thursday; Monday is day 1. */
const WEEKDAY_OF_EPOCH = 4;

/**
 * Offsets in minutes of the abbreviations of the tz database. An abbreviation is one fixed offset all year, also where the
 * zone that uses it changes its clocks. IST is left out: it is used for three offsets.
 */
const FIXED_OFFSETS: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  AKST: -540,
  AKDT: -480,
  HST: -600,
  AST: -240,
  ADT: -180,
  NST: -210,
  NDT: -150,
  WET: 0,
  WEST: 60,
  BST: 60,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  SAST: 120,
  JST: 540,
  KST: 540,
  AWST: 480,
  ACST: 570,
  ACDT: 630,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
};

/** Local time in IANA zones, by their current rules, and in abbreviated zones of fixed offset. */
export function createZoneClock(): ZoneClock {
  return {
    resolve: (zone) => {
      const fixed = Object.hasOwn(FIXED_OFFSETS, zone) ? FIXED_OFFSETS[zone] : undefined;
      if (fixed !== undefined) return (nowMs) => localTime(nowMs, fixed);
      // Names such as `EST5EDT` are zones; any other short word is an abbreviation that is not known here.
      if (
        !/^([A-Za-z]+\/[\w+\-/]+|[A-Z]{3}\d[A-Z]{3})$/.test(zone) ||
        !IANAZone.isValidZone(zone)
      ) {
        return undefined;
      }
      const rules = IANAZone.create(zone);
      return (nowMs) => localTime(nowMs, rules.offset(nowMs));
    },
  };
}

function localTime(nowMs: number, offsetMinutes: number): LocalTime {
  const minutes = Math.floor(nowMs / MS_PER_MINUTE) + offsetMinutes;
  const day = Math.floor(minutes / MINUTES_PER_DAY);
  const weekday = ((((day + WEEKDAY_OF_EPOCH - 1) % 7) + 7) % 7) + 1;
  return { weekday, minuteOfDay: minutes - day * MINUTES_PER_DAY };
}
