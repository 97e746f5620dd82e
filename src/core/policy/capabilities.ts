/** What the core cannot do itself and is handed by its caller when policies are compiled. */

/** A linear-time regular expression engine; the language's own engine can be made to hang by a pattern. */
export interface RegexCompiler {
  readonly compile: (pattern: string) => CompiledRegex;
}
export type CompiledRegex =
  | { readonly ok: true; readonly test: (text: string) => boolean }
  | { readonly ok: false; readonly problem: string };

/** Weekday 1 (Monday) to 7 (Sunday); minute of the local day, 0 to 1439. */
export interface LocalTime {
  readonly weekday: number;
  readonly minuteOfDay: number;
}

/** Time zones by IANA name or abbreviation; `undefined` when the name is not known. */
export interface ZoneClock {
  readonly resolve: (zone: string) => ((nowMs: number) => LocalTime) | undefined;
}

export interface CompileDependencies {
  readonly regex: RegexCompiler;
  readonly zones: ZoneClock;
}
