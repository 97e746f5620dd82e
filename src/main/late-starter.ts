import type { WorkflowStarter } from '../app/ports';

/** Until the process has its Temporal connection, the outbox alone owes the starts. */
export function createLateStarter(): WorkflowStarter & { use(starter: WorkflowStarter): void } {
  let real: WorkflowStarter | undefined;
  return {
    use: (starter) => {
      real = starter;
    },
    startSoon: (execution) => real?.startSoon(execution),
    nudgeSoon: (job, tenant) => real?.nudgeSoon(job, tenant),
  };
}
