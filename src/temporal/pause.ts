/** The pauses of a loop: an idle one ends early when poked, a fixed one only at the end of the loop. */
export interface Pause {
  idle(ms: number): Promise<void>;
  fixed(ms: number): Promise<void>;
  /** Ends the idle pause, or the next one at once when the loop is at work. */
  poke(): void;
  /** Ends every pause, now and later. */
  end(): void;
}

export function createPause(): Pause {
  let poked = false;
  let ended = false;
  let pausing: { readonly kind: 'idle' | 'fixed'; readonly wake: () => void } | undefined;

  const pause = async (kind: 'idle' | 'fixed', ms: number): Promise<void> => {
    if (ended) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      pausing = { kind, wake: resolve };
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    pausing = undefined;
  };
  return {
    async idle(ms) {
      if (!poked) await pause('idle', ms);
      poked = false;
    },
    fixed: (ms) => pause('fixed', ms),
    poke() {
      poked = true;
      if (pausing?.kind === 'idle') pausing.wake();
    },
    end() {
      ended = true;
      pausing?.wake();
    },
  };
}
