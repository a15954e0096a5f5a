"""The phrase about the SaaS API by itself, without any worker."""

from behave import register_type, when
from behave.runner import Context

from support.scenario import api_stories
from support.scenario.phrase_types import types_of

register_type(**types_of("Story", api_stories.STORIES))


@when("the suite itself calls the SaaS API: {story:Story}")
@when("suite เรียก SaaS API เอง: {story:ThaiStory}")
def saas_api_is_called(context: Context, story: str) -> None:
    api_stories.tell(context.case, story)
