/**
 * Most entries of a map of modes, keys or colours: far more than exist. A program that sets more cannot fill the
 * memory.
 */
const MAX_ENTRIES = 512

/** Sets an entry while there is room. The map's order is the order in which its entries were last set. */
export const setLimited = <K, V>(map: Map<K, V>, key: K, value: V): void => {
  map.delete(key)
  if (map.size < MAX_ENTRIES) map.set(key, value)
}
