import { z } from 'zod';
import { slug } from './identifiers';

export const listParams = z.object({ name: slug });

/** Body of `PUT /v1/lists/{name}`: the whole new content. */
export const putListBody = z
  .strictObject({ values: z.array(z.string().min(1).max(512)).max(10_000) })
  .meta({ id: 'PutList', example: { values: ['acme.com'] } });

export const valueList = z
  .object({ name: z.string(), values: z.array(z.string()) })
  .meta({ id: 'ValueList' });

export const valueLists = z.object({ items: z.array(valueList) }).meta({ id: 'ValueLists' });
