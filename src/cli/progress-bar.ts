import type { VerifyProgress } from './cli-deps';
import type { TextSink } from './output';

const WIDTH = 30;
const REDRAW_MS = 100;
const ERASE_LINE = '\r\u001b[2K';

export interface ProgressBar {
  update(progress: VerifyProgress): void;
  /** Takes the bar off the screen. */
  finish(): void;
}

/** A bar on stderr; draws nothing when stderr is no terminal. `nowMs` is any steady clock. */
export function createProgressBar(options: {
  readonly sink: TextSink;
  readonly enabled: boolean;
  readonly nowMs: () => number;
}): ProgressBar {
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  return {
    update: (progress) => {
      const nowMs = options.nowMs();
      if (!options.enabled || nowMs - drawnAtMs < REDRAW_MS) return;
      drawnAtMs = nowMs;
      options.sink.write(`${ERASE_LINE}${describe(progress)}`);
    },
    finish: () => {
      if (options.enabled && drawnAtMs !== Number.NEGATIVE_INFINITY) options.sink.write(ERASE_LINE);
    },
  };
}

function describe({ checked, total }: VerifyProgress): string {
  if (total === undefined || total <= 0) return `verifying ${String(checked)} records`;
  const share = Math.min(1, checked / total);
  const filled = Math.round(share * WIDTH);
  const bar = `${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}`;
  return `verifying [${bar}] ${String(Math.floor(share * 100))} % of ${String(total)} records`;
}
