import type { z } from 'zod';

/** A schema whose accepted values have the type `T`. Adapters see schemas only through these names. */
export type Schema<T = unknown> = z.ZodType<T>;
export type ObjectSchema = z.ZodObject;
/** The type of what a schema accepts, defaults filled in. */
export type Parsed<S extends z.ZodType> = z.output<S>;
