import type { ApiFault, Fault } from './surface';

interface Armed {
  readonly fault: ApiFault;
  toSkip: number;
  left: number;
}

/** Faults that are still to strike. */
export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The fault of this call, if one strikes; each call counts once. */
  forCall(method: string): ApiFault | undefined;
  takeDuplicate(): boolean;
  takeReorder(): boolean;
  readonly isDown: () => boolean;
}

export function createFaults(dropSockets: () => void): Faults {
  let armed: Armed[] = [];
  let duplicates = 0;
  let reorder = false;
  let down = false;
  return {
    add: (fault) => {
      switch (fault.kind) {
        case 'ws_drop':
          dropSockets();
          return;
        case 'duplicate_envelope':
          duplicates += fault.times ?? 1;
          return;
        case 'reorder':
          reorder = true;
          return;
        case 'down':
          down = true;
          dropSockets();
          return;
        case '429':
        case '500':
        case 'slow':
        case 'drop_after_accept':
        case 'drop_before':
        case 'html_503':
        case 'malformed':
        case 'error':
          armed.push({ fault, toSkip: (fault.nth ?? 1) - 1, left: fault.times ?? 1 });
      }
    },
    clear: () => {
      armed = [];
      duplicates = 0;
      reorder = false;
      down = false;
    },
    forCall: (method) => {
      let struck: ApiFault | undefined;
      for (const one of armed) {
        if (one.fault.method !== '*' && one.fault.method !== method) continue;
        if (one.toSkip > 0) one.toSkip -= 1;
        else if (struck === undefined) {
          one.left -= 1;
          struck = one.fault;
        }
      }
      armed = armed.filter(({ left }) => left > 0);
      return struck;
    },
    takeDuplicate: () => {
      if (duplicates === 0) return false;
      duplicates -= 1;
      return true;
    },
    takeReorder: () => {
      const was = reorder;
      reorder = false;
      return was;
    },
    isDown: () => down,
  };
}
