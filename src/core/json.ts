/** Plain JSON as it arrives after the guards of the contract layer: finite numbers, well-formed text. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
