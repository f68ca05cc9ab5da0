{#- Keys that occur more than once or contain null. -#}
{% test unique_key(model, columns) %}

select
    {{ columns | join(',\n    ') }},
    count(*) as number_of_rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ columns | join(' is null or ') }} is null

{% endtest %}


{#- Values outside of a range; null is allowed. -#}
{% test accepted_range(model, column_name, min_value=none, max_value=none) %}

select {{ column_name }}
from {{ model }}
where
    {% if min_value is not none %}{{ column_name }} < {{ min_value }}{% else %}false{% endif %}
    or {% if max_value is not none %}{{ column_name }} > {{ max_value }}{% else %}false{% endif %}

{% endtest %}


{#- Rows in which a number is greater than the whole that it is a part of. -#}
{% test part_of(model, column_name, whole) %}

select {{ column_name }}, {{ whole }}
from {{ model }}
where {{ column_name }} > {{ whole }}

{% endtest %}


{#- Rows in which a time is earlier than another one. -#}
{% test not_before(model, column_name, earlier) %}

select {{ column_name }}, {{ earlier }}
from {{ model }}
where {{ column_name }} < {{ earlier }}

{% endtest %}
