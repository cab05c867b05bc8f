import * as QueryResponderLive from "../../src/layers/vt/QueryResponderLive.ts"
import { suite } from "./QueryResponder.ts"

suite("QueryResponderLive", QueryResponderLive.layer)
