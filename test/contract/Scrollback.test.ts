import * as Memory from "../../src/layers/ScrollbackMemory.ts"
import * as Ring from "../../src/layers/ScrollbackRing.ts"
import { suite } from "./Scrollback.ts"

suite("Memory", Memory.layer)
suite("Ring", Ring.layer())
