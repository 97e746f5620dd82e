/** One finding about a policy or chain document. Line and column count from 1. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: DiagnosticCode;
  readonly message: string;
  /** Where in the document, such as `rules[2].when.field`; empty for the whole. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** The nearest valid name, or how to write it. */
  readonly hint?: string;
}

export type DiagnosticCode =
  | 'ambiguous_field'
  | 'duplicate_key'
  | 'duplicate_level'
  | 'duplicate_rule'
  | 'empty_approvers'
  | 'excluded_approver'
  | 'id_mismatch'
  | 'invalid_pattern'
  | 'invalid_range'
  | 'invalid_text'
  | 'invalid_time_window'
  | 'list_shadows'
  | 'long_timer'
  | 'missing_does_not_match'
  | 'missing_field'
  | 'needs_rejection_rule'
  | 'no_effect'
  | 'not_available'
  | 'not_in_force'
  | 'number_range'
  | 'optional_rationale'
  | 'out_of_reach'
  | 'quorum_too_large'
  | 'reminder_too_late'
  | 'requester_decides'
  | 'silent_approve'
  | 'syntax'
  | 'too_deep'
  | 'too_long'
  | 'too_many_problems'
  | 'unknown_chain'
  | 'unknown_field'
  | 'unknown_level'
  | 'unknown_list'
  | 'unknown_notation'
  | 'unknown_value'
  | 'unknown_zone'
  | 'unreachable_level'
  | 'weak_separation'
  | 'wrong_type'
  | 'zone_abbreviation';

/** A place in the text, as an offset in UTF-16 code units. */
export interface Located {
  readonly at: number;
}

/** Collects findings. Reporting returns `undefined`, so a reader can report and give up in one step. */
export interface Diagnostics {
  readonly error: Report;
  readonly warning: Report;
  /** More findings are no longer kept, so nothing need be worked out for them. */
  readonly isFull: () => boolean;
  readonly all: () => readonly Diagnostic[];
}
export type Report = (
  code: DiagnosticCode,
  where: Located,
  path: string,
  message: string,
  hint?: string,
) => undefined;

const MAX_DIAGNOSTICS = 200;

export function createDiagnostics(
  positionOf: (at: number) => { line: number; col: number },
): Diagnostics {
  const found: Diagnostic[] = [];
  const reporter =
    (severity: Diagnostic['severity']): Report =>
    (code, where, path, message, hint) => {
      const { line, col: column } = positionOf(where.at);
      const whole = { severity, path, line: Math.max(line, 1), column: Math.max(column, 1) };
      if (found.length < MAX_DIAGNOSTICS) {
        found.push({ ...whole, code, message, ...(hint === undefined ? {} : { hint }) });
      } else if (found.length === MAX_DIAGNOSTICS) {
        found.push({
          ...whole,
          severity: 'error',
          code: 'too_many_problems',
          message: 'more findings follow',
        });
      }
      return undefined;
    };
  const byPlace = (a: Diagnostic, b: Diagnostic): number => a.line - b.line || a.column - b.column;
  return {
    error: reporter('error'),
    warning: reporter('warning'),
    isFull: () => found.length > MAX_DIAGNOSTICS,
    all: () => [...found].sort(byPlace),
  };
}
