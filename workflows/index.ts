export { governedExecution } from './governed-execution';
export { housekeeping } from './housekeeping';
